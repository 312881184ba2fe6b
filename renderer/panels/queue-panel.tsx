import { ListOrdered } from 'lucide-react';
import { useEffect } from 'react';
import { createStore, useStore } from 'zustand';
import { type CommandId, runCommand } from '../editor/commands/index.ts';
import { useText } from '../i18n/index.ts';
import { DoneRow, FailedRow, RunningRow } from '../queue/job-row.tsx';
import { WaitingList } from '../queue/waiting-list.tsx';
import { useRuntime } from '../state/runtime-store.ts';
import { Button } from '../ui/button.tsx';
import { Fold } from '../ui/fold.tsx';
import type { Panel } from './panel.ts';

/** Jobs that run, wait and are over. */
function QueuePanel() {
  const t = useText();
  const queue = useRuntime((state) => state.queue);
  const running = queue.filter(({ state }) => state === 'running');
  const waiting = queue.filter(({ state }) => state === 'pending');
  const failed = queue.filter(({ state }) => state === 'failed').reverse();
  const over = queue.filter(({ state }) => state === 'done' || state === 'cancelled').reverse();
  const held = waiting.filter((job) => job.held).length;
  useEffect(() => seeFailures(queue), [queue]);
  if (queue.length === 0)
    return (
      <div className="flex flex-col gap-2 p-4">
        <p>{t('queue.empty')}</p>
        <p className="text-dim">{t('queue.empty-hint')}</p>
      </div>
    );
  return (
    <>
      {held > 0 && (
        <div role="status" className="flex flex-col gap-2 border-b border-line bg-control p-3">
          <p>
            {t('queue.held', { count: held })} <span className="text-dim">{t('queue.held-hint')}</span>
          </p>
          <span className="flex gap-2">
            <Button look="accent" onClick={() => runCommand('queue.continue')}>
              {t('queue.continue')}
            </Button>
            <Button onClick={() => runCommand('queue.clear-waiting')}>{t('queue.discard')}</Button>
          </span>
        </div>
      )}
      {running.length > 0 && (
        <Fold title={t('queue.running')}>
          <ul>
            {running.map((job) => (
              <RunningRow key={job.id} job={job} />
            ))}
          </ul>
        </Fold>
      )}
      {waiting.length > 0 && (
        <Fold
          title={t('queue.waiting')}
          note={waiting.length}
          action={<Act id="queue.clear-waiting" word="queue.clear" name="queue.clear-waiting" />}
        >
          <WaitingList jobs={waiting} />
        </Fold>
      )}
      {failed.length > 0 && (
        <Fold
          title={t('queue.failed')}
          note={failed.length}
          action={<Act id="queue.clear-finished" word="queue.remove" name="queue.remove-finished" />}
        >
          <ul className="flex flex-col gap-3">
            {failed.map((job) => (
              <FailedRow key={job.id} job={job} />
            ))}
          </ul>
        </Fold>
      )}
      {over.length > 0 && (
        <Fold
          title={t('queue.done')}
          note={over.length}
          isOpenAtFirst={false}
          action={
            failed.length === 0 && (
              <Act id="queue.clear-finished" word="queue.remove" name="queue.remove-finished" />
            )
          }
        >
          <ul className="flex flex-col gap-1">
            {over.map((job) => (
              <DoneRow key={job.id} job={job} />
            ))}
          </ul>
        </Fold>
      )}
    </>
  );
}

interface ActProps {
  readonly id: CommandId;
  readonly word: 'queue.clear' | 'queue.remove';
  /** What it does, in full. */
  readonly name: 'queue.clear-waiting' | 'queue.remove-finished';
}

function Act({ id, word, name }: ActProps) {
  const t = useText();
  return (
    <Button look="ghost" className="h-6 px-2" title={t(name)} onClick={() => runCommand(id)}>
      {t(word)}
    </Button>
  );
}

/** Failed jobs a person has had before their eyes. */
const seen = createStore<{ readonly ids: ReadonlySet<string> }>(() => ({ ids: new Set() }));

function seeFailures(queue: readonly { readonly id: string; readonly state: string }[]): void {
  const failed = queue.filter(({ state }) => state === 'failed').map(({ id }) => id);
  const { ids } = seen.getState();
  if (failed.some((id) => !ids.has(id))) seen.setState({ ids: new Set(failed) });
}

/** Jobs that wait for a person, and those that failed unseen. */
function useBadge(): number {
  const ids = useStore(seen, (state) => state.ids);
  return useRuntime(
    ({ queue }) => queue.filter(({ id, held, state }) => held || (state === 'failed' && !ids.has(id))).length,
  );
}

export const queuePanel: Panel = {
  id: 'queue',
  side: 'right',
  title: 'panel.queue',
  icon: ListOrdered,
  command: 'view.queue',
  content: QueuePanel,
  useBadge,
};
