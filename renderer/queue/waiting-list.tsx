import { useRef, useState } from 'react';
import type { JobSummary } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { movedItem } from '../editor/widgets/row-edits.ts';
import { useRowDrag } from '../editor/widgets/use-row-drag.ts';
import { tell } from '../engine-client/run-session.ts';
import { useText } from '../i18n/index.ts';
import { runtimeStore } from '../state/runtime-store.ts';
import { WaitingRow } from './job-row.tsx';
import { nameOfJob } from './job-words.ts';

/** Puts a waiting job at another place: at once on the screen, then in the engine, whose word counts. */
function moveJob(waiting: readonly JobSummary[], from: number, to: number): void {
  const job = waiting[from];
  if (!job) return;
  const moved = movedItem(waiting, from, to);
  let next = 0;
  runtimeStore.setState(({ queue }) => ({
    queue: queue.map((other) => (other.state === 'pending' ? (moved[next++] ?? other) : other)),
  }));
  services().session.engine.call('queue/move', { job: job.id, position: to }).catch(tell);
}

/** The jobs that wait, in the order they will run in. */
export function WaitingList({ jobs }: { readonly jobs: readonly JobSummary[] }) {
  const t = useText();
  const list = useRef<HTMLUListElement>(null);
  const [said, setSaid] = useState('');
  const move = (from: number, to: number) => {
    const job = jobs[from];
    if (!job) return;
    setSaid(t('queue.moved', { name: nameOfJob(job, t), place: to + 1, all: jobs.length }));
    moveJob(jobs, from, to);
  };
  const drag = useRowDrag(list, jobs.length, move);
  return (
    <>
      <ul ref={list} className="-mx-1 flex flex-col">
        {drag.order.map((row) => {
          const job = jobs[row];
          if (!job) return null;
          return (
            <WaitingRow
              key={job.id}
              job={job}
              row={row}
              isLifted={drag.lifted === row}
              onLift={(event) => drag.start(event, row)}
              onStep={(by) => {
                const to = row + by;
                if (to < 0 || to >= jobs.length) return;
                drag.focus(to);
                move(row, to);
              }}
            />
          );
        })}
      </ul>
      <span role="status" className="sr-only">
        {said}
      </span>
    </>
  );
}
