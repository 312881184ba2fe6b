import type { CallOutput } from '../../nodes/protocol/contract.ts';
import { type MessageKey, useText } from '../i18n/index.ts';
import { durationText } from '../queue/job-words.ts';
import { LogTable } from './log-table.tsx';

type Counters = CallOutput<'engine/info'>['counters'];

type Known<K> = K extends `log.count.${infer Name}` ? Name : never;

/** The counters people are told of, in this order; an engine may count more. */
const known: readonly Known<MessageKey>[] = [
  'sessionsCreated',
  'sessionsReleased',
  'filesRead',
  'weightCopies',
  'runs',
  'runMilliseconds',
  'createMilliseconds',
];

/** What the engine did in the last run and since it started: proof that nothing was rebuilt. */
export function Counters({ all, last }: { readonly all: Counters; readonly last: Counters | undefined }) {
  const t = useText();
  const shown = (name: string, count: number | undefined) =>
    count === undefined ? '–' : name.endsWith('illiseconds') ? durationText(count / 1000, t) : String(count);
  return (
    <LogTable heads={[t('log.counter'), t('log.counter-run'), t('log.counter-all')]}>
      <tbody>
        {known
          .filter((name) => Object.hasOwn(all, name))
          .map((name) => (
            <tr key={name} className="h-5" data-counter={name}>
              <th scope="row" className="text-left font-normal">
                {t(`log.count.${name}`)}
              </th>
              <td className="pl-2 text-right">{shown(name, last?.[name] ?? (last && 0))}</td>
              <td className="pl-2 text-right text-dim">{shown(name, all[name])}</td>
            </tr>
          ))}
      </tbody>
    </LogTable>
  );
}
