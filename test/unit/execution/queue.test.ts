import { describe, expect, it } from 'vitest';
import { emptyDocument } from '../../../nodes/document/schema.ts';
import { Cancelled } from '../../../nodes/execution/failure.ts';
import { type Job, JobQueue } from '../../../nodes/execution/queue.ts';
import type { RunResult } from '../../../nodes/execution/run.ts';

const result: RunResult = { artifacts: [], notices: [], timings: [], milliseconds: 1 };
const document = emptyDocument();
/** Lets everything run that is ready to. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

/** A queue whose jobs run until the test ends them; a cancelled job ends itself. */
function heldQueue() {
  const ran: string[] = [];
  const changes: (readonly Job[])[] = [];
  let end: { resolve: (value: RunResult) => void; reject: (error: unknown) => void } | undefined;
  const queue = new JobQueue(
    (job, signal) => {
      ran.push(job.id);
      return new Promise((resolve, reject) => {
        end = { resolve, reject };
        signal.addEventListener('abort', () => reject(new Cancelled()));
      });
    },
    (jobs) => changes.push(jobs),
  );
  const finish = async (error?: unknown) => {
    if (error === undefined) end?.resolve(result);
    else end?.reject(error);
    await settle();
  };
  const states = () => queue.jobs.map(({ id, state }) => `${id.replace('job-', '')} ${state.kind}`);
  const add = (count: number) => Array.from({ length: count }, () => queue.add(document));
  return { queue, ran, changes, finish, states, add };
}

describe('JobQueue', () => {
  it('runs one job at a time, in order', async () => {
    const { ran, finish, states, add } = heldQueue();
    const [one, two] = add(2);
    expect(ran).toEqual([one]);
    expect(states()).toEqual(['1 running', '2 pending']);
    await finish();
    expect(ran).toEqual([one, two]);
    expect(states()).toEqual(['1 done', '2 running']);
    await finish();
    expect(states()).toEqual(['1 done', '2 done']);
  });

  it('keeps what became of a job: its result, or its error', async () => {
    const { queue, finish, add } = heldQueue();
    add(2);
    await finish();
    const error = new Error('no');
    await finish(error);
    expect(queue.jobs.map(({ state }) => state)).toEqual([
      { kind: 'done', result },
      { kind: 'failed', error },
    ]);
  });

  it('goes on after a job that throws before it starts', async () => {
    let calls = 0;
    const queue = new JobQueue(() => {
      if (calls++ === 0) throw new Error('at once');
      return Promise.resolve(result);
    });
    queue.add(document);
    queue.add(document);
    await settle();
    expect(queue.jobs.map(({ state }) => state.kind)).toEqual(['failed', 'done']);
  });

  it('puts an urgent job before those that wait, not before the one that runs', () => {
    const { queue, states, add } = heldQueue();
    add(3);
    queue.add(document, { targets: ['save'], front: true });
    expect(states()).toEqual(['1 running', '4 pending', '2 pending', '3 pending']);
    expect(queue.jobs[1]?.targets).toEqual(['save']);
  });

  it.each([
    [0, ['1 running', '4 pending', '2 pending', '3 pending']],
    [1, ['1 running', '2 pending', '4 pending', '3 pending']],
    [9, ['1 running', '2 pending', '3 pending', '4 pending']],
    [-1, ['1 running', '4 pending', '2 pending', '3 pending']],
  ])('moves a waiting job to place %i', (position, order) => {
    const { queue, states, add } = heldQueue();
    const ids = add(4);
    queue.move(ids[3]!, position);
    expect(states()).toEqual(order);
  });

  it('runs moved jobs in their new order', async () => {
    const { queue, ran, finish, add } = heldQueue();
    const [one, two, three] = add(3);
    queue.move(three!, 0);
    await finish();
    await finish();
    expect(ran).toEqual([one, three, two]);
  });

  it('moves no job that runs, is over or is unknown', async () => {
    const { queue, states, finish, add } = heldQueue();
    const ids = add(3);
    await finish();
    const before = states();
    for (const id of [ids[0]!, ids[1]!, 'job-99']) queue.move(id, 0);
    expect(states()).toEqual(before);
  });

  it('takes a waiting job out', async () => {
    const { queue, ran, states, finish, add } = heldQueue();
    const [one, two, three] = add(3);
    queue.cancel(two!);
    expect(states()).toEqual(['1 running', '2 cancelled', '3 pending']);
    await finish();
    expect(ran).toEqual([one, three]);
  });

  it('asks the running job to stop, and runs the next when it did', async () => {
    const { queue, ran, states, add } = heldQueue();
    const [one, two] = add(2);
    queue.cancel(one!);
    await settle();
    expect(states()).toEqual(['1 cancelled', '2 running']);
    expect(ran).toEqual([one, two]);
  });

  it('cancels all, and then takes new jobs', async () => {
    const { queue, ran, states, add } = heldQueue();
    const [one] = add(3);
    queue.cancelAll();
    await settle();
    expect(states()).toEqual(['1 cancelled', '2 cancelled', '3 cancelled']);
    expect(ran).toEqual([one]);
    add(1);
    expect(states().at(-1)).toBe('4 running');
  });

  it('ignores cancelling a job that is over', async () => {
    const { queue, states, finish, add } = heldQueue();
    const [one] = add(1);
    await finish();
    queue.cancel(one!);
    expect(states()).toEqual(['1 done']);
  });

  it('gives a job that waits or runs another document, where it is', async () => {
    const { queue, states, add } = heldQueue();
    const [one, two] = add(2);
    const other = emptyDocument();
    for (const id of [one!, two!]) queue.change(id, other);
    expect(queue.jobs.map((job) => job.document)).toEqual([other, other]);
    expect(queue.jobs.every((job) => job.document === other && !job.live)).toBe(true);
    expect(states()).toEqual(['1 running', '2 pending']);
  });

  it('runs a job that is over again, live, before all that wait, as the same job', async () => {
    const { queue, ran, states, finish, add } = heldQueue();
    const [one, two, three] = add(3);
    await finish();
    queue.change(one!, emptyDocument());
    expect(states()).toEqual(['2 running', '1 pending', '3 pending']);
    await finish(new Error('no'));
    queue.change(two!, emptyDocument());
    expect(ran).toEqual([one, two, one]);
    expect(queue.jobs.filter(({ live }) => live).map(({ id }) => id)).toEqual([one, two]);
    await finish();
    expect(ran.at(-1)).toBe(two);
    await finish();
    expect(ran.at(-1)).toBe(three);
  });

  it('forgets the jobs that are over and no others', async () => {
    const { queue, states, finish, add } = heldQueue();
    add(4);
    await finish();
    await finish(new Error('no'));
    queue.clearFinished();
    expect(states()).toEqual(['3 running', '4 pending']);
  });

  it('tells of every change with a list that does not change any more', async () => {
    const { changes, finish, add } = heldQueue();
    add(1);
    await finish();
    expect(changes.map((jobs) => jobs.map(({ state }) => state.kind))).toEqual([
      ['pending'],
      ['running'],
      ['done'],
    ]);
  });
});
