import type { Document } from '../../nodes/document/schema.ts';
import type { RunEvent } from '../../nodes/execution/events.ts';
import { Executor } from '../../nodes/execution/executor.ts';
import type { RunResult } from '../../nodes/execution/run.ts';
import type { Services } from '../../nodes/execution/services.ts';
import { planRun } from '../../nodes/graph/plan.ts';
import { fakeCatalogue } from './fake-nodes.ts';

interface RunOptions {
  readonly targets?: readonly string[];
  readonly signal?: AbortSignal;
}

/** An executor over the fake nodes; `run` also tells which nodes ran and what was told meanwhile. */
export function fakeEngine({
  budget = 2 ** 20,
  services = {},
}: {
  budget?: number;
  services?: Partial<Services>;
} = {}) {
  const { catalogue, world } = fakeCatalogue();
  // Only the services given are there; touching another one fails the test.
  const executor = new Executor(services as Services, budget);
  const events: RunEvent[] = [];

  const run = async (
    document: Document,
    { targets, signal = new AbortController().signal }: RunOptions = {},
  ): Promise<RunResult & { readonly ran: readonly string[] }> => {
    world.ran.length = 0;
    events.length = 0;
    const plan = planRun(document, catalogue, targets);
    const result = await executor.run(plan, document, {
      signal,
      onEvent: (event) => events.push(event),
    });
    return { ...result, ran: [...world.ran] };
  };
  const preview = (document: Document, targets?: readonly string[]) =>
    executor.preview(planRun(document, catalogue, targets));

  return { executor, catalogue, world, events, run, preview };
}
