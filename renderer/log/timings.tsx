import { Check } from 'lucide-react';
import type { EventPayload } from '../../nodes/protocol/contract.ts';
import { tell } from '../engine-client/run-session.ts';
import { useText } from '../i18n/index.ts';
import { showJobNode, useNodeTitles } from '../queue/job-document.ts';
import { timeText } from '../queue/job-words.ts';
import { LogTable } from './log-table.tsx';

type Finished = EventPayload<'run/finished'>;
type Timing = Finished['timings'][number];

/** How long each node of the last run took. */
export function Timings({ job, timings }: Finished) {
  const t = useText();
  const titleOf = useNodeTitles(job.id);
  const longest = Math.max(...timings.map(({ milliseconds }) => milliseconds), 1);
  return (
    <LogTable heads={[t('log.node'), t('log.time'), t('log.steps')]}>
      <tbody>
        {timings.map((timing) => (
          <tr key={timing.node} className="h-6">
            <th scope="row" className="relative max-w-32 text-left font-normal">
              {!timing.cached && (
                <i
                  aria-hidden
                  className="absolute inset-y-0.5 left-0 rounded-chip bg-accent/20"
                  style={{ width: `${(timing.milliseconds / longest) * 100}%` }}
                />
              )}
              <button
                type="button"
                className="relative block min-h-6 max-w-full truncate px-1 hover:text-accent"
                onClick={() => void showJobNode(job, timing.node).catch(tell)}
              >
                {titleOf(timing.node) || timing.type}
              </button>
            </th>
            <td className="pl-2 text-right whitespace-nowrap">
              {timing.cached ? (
                <span className="inline-flex items-center gap-1 text-dim" title={t('log.known-hint')}>
                  <Check size={11} aria-hidden /> {t('log.known')}
                </span>
              ) : (
                timeText(timing.milliseconds, t)
              )}
            </td>
            <td className="pl-2 text-right whitespace-nowrap text-dim">
              <Each {...timing} />
            </td>
          </tr>
        ))}
      </tbody>
      {job.milliseconds !== undefined && (
        <tfoot>
          <tr className="border-t border-line [&>*]:pt-1">
            <th scope="row" className="px-1 text-left font-normal text-dim">
              {t('log.total')}
            </th>
            <td className="pl-2 text-right font-semibold">{timeText(job.milliseconds, t)}</td>
            <td />
          </tr>
        </tfoot>
      )}
    </LogTable>
  );
}

/** Steps or tiles of a node: how many, how long each. */
function Each({ units, cached }: Timing) {
  const t = useText();
  if (cached || units.length < 2) return null;
  const sum = units.reduce((total, unit) => total + unit, 0);
  const range = {
    min: timeText(Math.min(...units), t),
    max: timeText(Math.max(...units), t),
  };
  return (
    <span title={t('log.each-range', range)}>
      {t('log.each', { count: units.length, time: timeText(sum / units.length, t) })}
    </span>
  );
}
