import { ScrollText } from 'lucide-react';
import { useEffect } from 'react';
import { createStore, useStore } from 'zustand';
import { tell } from '../engine-client/run-session.ts';
import { useText } from '../i18n/index.ts';
import { clearCache } from '../log/clear-cache.ts';
import { Counters } from '../log/counters.tsx';
import { useEngineInfo } from '../log/engine-facts.ts';
import { LogLines } from '../log/log-lines.tsx';
import { Timings } from '../log/timings.tsx';
import { useRunReport } from '../state/run-report-store.ts';
import { Button } from '../ui/button.tsx';
import { byteSize } from '../ui/byte-size.ts';
import { Fold } from '../ui/fold.tsx';
import type { Panel } from './panel.ts';

/** What the last run took, what the engine did for it, what it holds, and what it had to say. */
function LogPanel() {
  const t = useText();
  const last = useRunReport((state) => state.last);
  const { info, ask } = useEngineInfo();
  useSeen();
  return (
    <>
      <Fold title={t('log.timings')}>
        {last ? <Timings {...last} /> : <p className="text-dim">{t('log.timings-none')}</p>}
      </Fold>
      {info && (
        <Fold title={t('log.counters')}>
          <Counters all={info.counters} last={last?.counters} />
        </Fold>
      )}
      {info && (
        <Fold title={t('log.memory')}>
          <dl className="grid grid-cols-[1fr_auto] items-center gap-y-1 text-label">
            <dt>{t('log.process')}</dt>
            <dd>{byteSize(info.memory.processBytes)}</dd>
            <dt>{t('log.cache')}</dt>
            <dd>
              <Button
                className="h-6"
                disabled={info.memory.cacheBytes === 0}
                onClick={() => void clearCache().then(ask).catch(tell)}
              >
                {t('log.clear-cache', { size: byteSize(info.memory.cacheBytes) })}
              </Button>
            </dd>
          </dl>
        </Fold>
      )}
      <Fold title={t('log.lines')}>
        <LogLines />
      </Fold>
    </>
  );
}

/** When the log was last before a person's eyes; milliseconds since 1970. */
const seen = createStore<{ readonly at: number }>(() => ({ at: 0 }));

function useSeen(): void {
  const newest = useRunReport(({ entries }) => entries.at(-1)?.at);
  useEffect(() => {
    if (newest !== undefined) seen.setState({ at: newest });
  }, [newest]);
}

/** Errors nobody has read. */
function useBadge(): number {
  const at = useStore(seen, (state) => state.at);
  return useRunReport(
    ({ entries }) => entries.filter((entry) => entry.level === 'error' && entry.at > at).length,
  );
}

export const logPanel: Panel = {
  id: 'log',
  side: 'right',
  title: 'panel.log',
  icon: ScrollText,
  command: 'view.log',
  content: LogPanel,
  useBadge,
};
