import { useEngineText } from '../../i18n/engine-text.ts';
import { useText } from '../../i18n/index.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { useTabRuntime } from '../../state/runtime-store.ts';
import { useGraph, useTab } from './tab-context.ts';
import { useNodeRun, useRuntimeId } from './use-runtime.ts';
import './node-findings.css';

/** The help panel shows them all. */
const SHOWN_NOTICES = 3;

const percent = (value: number): string => (value * 100).toPrecision(2);

function Notice({ notice }: { readonly notice: string }) {
  const words = useEngineText()(notice);
  return <li title={words}>{words}</li>;
}

/** What a run found out: notices, a plot of how strongly blocks are changed, and a report to read. */
export function NodeFindings({ id, title }: { readonly id: string; readonly title: string }) {
  const t = useText();
  const found = useNodeRun(id)?.notices ?? [];
  const tab = useTab();
  const at = useRuntimeId(id);
  const forecast = useTabRuntime(tab.id, (runtime) => runtime.forecasts[at]);
  const notices = forecast === undefined ? found : [...forecast, ...found];
  const catalogue = useCatalogue();
  // Levels are drawn over their bars.
  const hasLevels = useGraph(({ nodes }) =>
    Object.values(catalogue.get(nodes[id]?.type ?? '')?.inputs ?? {}).some(
      (input) => input.kind === 'numbers' && input.levels,
    ),
  );
  const bars = useTabRuntime(tab.id, (runtime) => (hasLevels ? undefined : runtime.bars[at]));
  const report = useTabRuntime(tab.id, (runtime) => runtime.texts[at]);
  const most = bars?.reduce((best, bar) => (bar.value > best.value ? bar : best), { label: '', value: 0 });
  return (
    <>
      {notices.length > 0 && (
        <ul className="node-notices">
          {notices.slice(0, SHOWN_NOTICES).map((notice) => (
            <Notice key={notice} notice={notice} />
          ))}
          {notices.length > SHOWN_NOTICES && (
            <li>{t('notices.more', { count: notices.length - SHOWN_NOTICES })}</li>
          )}
        </ul>
      )}
      {bars && most && bars.length > 0 && (
        <div
          className="node-bars"
          role="img"
          aria-label={t('bars.label', { label: most.label, percent: percent(most.value) })}
        >
          {bars.map(({ label, value }) => (
            <span key={label} title={t('bars.value', { label, percent: percent(value) })}>
              <i
                data-layer={label.startsWith('layers.') || undefined}
                style={{ height: `max(1px, ${(value / (most.value || 1)) * 100}%)` }}
              />
            </span>
          ))}
        </div>
      )}
      {report !== undefined && (
        <textarea
          className="node-report nodrag nowheel"
          readOnly
          rows={Math.min(12, report.split('\n').length)}
          aria-label={t('report.label', { name: title })}
          value={report}
        />
      )}
    </>
  );
}
