import { describe, expect, it } from 'vitest';
import type { Document } from '../../../nodes/document/schema.ts';
import type { RunEvent } from '../../../nodes/execution/events.ts';
import { Cancelled } from '../../../nodes/execution/failure.ts';
import { TunedRun } from '../../../nodes/execution/tuned-run.ts';
import { planRun } from '../../../nodes/graph/plan.ts';
import { buildDocument, withInput } from '../../support/build-document.ts';
import { fakeEngine } from '../../support/fake-engine.ts';

const number = { type: 'fake.number' };
/** `base` feeds `slow`, and what is tuned joins it in `sum`, which is shown. */
const document = buildDocument(
  {
    base: { ...number, inputs: { value: 10 } },
    tuned: { ...number, inputs: { value: 1 } },
    slow: { type: 'fake.add' },
    sum: { type: 'fake.add' },
    show: { type: 'fake.show' },
  },
  ['base.value > slow.a', 'slow.sum > sum.a', 'tuned.value > sum.b', 'sum.sum > show.value'],
);
const tuned = (value: number): Document => withInput(document, 'tuned', { value });

function start(during: (node: string, run: TunedRun, isStopped: () => boolean) => void) {
  const { executor, catalogue, world } = fakeEngine();
  const controller = new AbortController();
  const events: RunEvent[] = [];
  const plan = (wanted: Document) => planRun(wanted, catalogue);
  const run = new TunedRun(document, { signal: controller.signal, onEvent: (event) => events.push(event) });
  world.during = ({ node, signal }) => {
    during(node, run, () => signal.aborted);
    // As a sampler does between its steps.
    signal.throwIfAborted();
  };
  const result = run.result({
    plan,
    run: (wanted, attempt) => executor.run(plan(wanted), wanted, attempt),
  });
  const shown = () => events.flatMap((event) => (event.kind === 'artifact' ? [event.artifact] : []));
  return { run, result, world, controller, shown };
}

const text = (value: number) => ({ kind: 'text', text: String(value) });

describe('a run whose document changes', () => {
  it('stops what the change concerns and starts it over; what it does not concern stays', async () => {
    let changed = false;
    const { result, world, shown } = start((node, run) => {
      if (node !== 'sum' || changed) return;
      changed = true;
      run.change(tuned(5));
    });
    expect(await result).toMatchObject({ changes: 1, artifacts: [{ artifact: text(15) }] });
    expect(world.ran).toEqual(['base', 'slow', 'tuned', 'sum', 'tuned', 'sum', 'show']);
    expect(shown()).toEqual([text(15)]);
  });

  it('lets come to its end what runs and is not concerned', async () => {
    let changed = false;
    let wasStopped = false;
    const { result, world } = start((node, run, isStopped) => {
      if (node !== 'slow' || changed) return;
      changed = true;
      run.change(tuned(5));
      wasStopped = isStopped();
    });
    expect(await result).toMatchObject({ changes: 1, artifacts: [{ artifact: text(15) }] });
    expect(wasStopped).toBe(false);
    expect(world.ran).toEqual(['base', 'slow', 'tuned', 'sum', 'show']);
  });

  it('skips all but the newest of several changes', async () => {
    let changed = false;
    const { result, world } = start((node, run) => {
      if (node !== 'sum' || changed) return;
      changed = true;
      for (const value of [2, 3, 4]) run.change(tuned(value));
    });
    expect(await result).toMatchObject({ changes: 3, artifacts: [{ artifact: text(14) }] });
    expect(world.ran.filter((node) => node === 'sum')).toHaveLength(2);
  });

  it('takes changes from before it began', async () => {
    const { executor, catalogue } = fakeEngine();
    const plan = (wanted: Document) => planRun(wanted, catalogue);
    const run = new TunedRun(document, { signal: new AbortController().signal, onEvent: () => undefined });
    run.change(tuned(7));
    const result = await run.result({
      plan,
      run: (wanted, attempt) => executor.run(plan(wanted), wanted, attempt),
    });
    expect(result).toMatchObject({ changes: 1, artifacts: [{ artifact: text(17) }] });
  });

  it('runs once more when a change meets its end, and not for a change that was taken back', async () => {
    let round = 0;
    const { result, world, shown } = start((node, run) => {
      if (node !== 'show') return;
      round++;
      if (round === 1) run.change(tuned(5));
      if (round === 2) {
        run.change(tuned(6));
        run.change(tuned(5));
      }
    });
    expect((await result).artifacts[0]?.artifact).toEqual(text(15));
    expect(shown().at(-1)).toEqual(text(15));
    expect(world.ran.filter((node) => node === 'sum').length).toBeLessThanOrEqual(3);
  });

  it('is cancelled by its signal, changes or not', async () => {
    const { result, controller } = start((node, run) => {
      if (node !== 'sum') return;
      run.change(tuned(5));
      controller.abort();
    });
    await expect(result).rejects.toBeInstanceOf(Cancelled);
  });
});
