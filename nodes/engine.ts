import type { Document } from './document/schema.ts';
import type { KronodeNode } from './execution/define-node.ts';
import { Executor, type RunOptions } from './execution/executor.ts';
import type { RunResult } from './execution/run.ts';
import type { Services } from './execution/services.ts';
import { type Plan, type PlannedNode, planRun } from './graph/plan.ts';
import { expandSweeps } from './graph/sweep.ts';
import { library } from './library/index.ts';

/** The library, the executor and the services bound together: what every host runs workflows with. */
export class Engine {
  readonly catalogue = library;
  readonly executor: Executor;

  constructor(services: Services, cacheBudgetBytes = 2 ** 30) {
    this.executor = new Executor(services, cacheBudgetBytes);
  }

  /** @param live leaves out what can only write, see {@link RunOptions} */
  plan(document: Document, targets?: readonly string[], live = false): Plan<KronodeNode> {
    const plan = expandSweeps(planRun(document, this.catalogue, targets), document, (changed, target) =>
      planRun(changed, this.catalogue, [target]),
    );
    return live
      ? { ...plan, targets: plan.targets.filter((id) => showsSomething(plan.nodes.get(id))) }
      : plan;
  }

  /**
   * Computes `targets` (default: everything that shows or saves).
   * @throws InvalidGraph, NodeFailure or Cancelled.
   */
  run(
    document: Document,
    options: RunOptions & { readonly targets?: readonly string[] },
  ): Promise<RunResult> {
    const { targets, live } = options;
    return this.executor.run(this.plan(document, targets, live), document, options);
  }
}

const showsSomething = (planned: PlannedNode<KronodeNode> | undefined): boolean =>
  planned?.definition.effect !== 'write' || planned.definition.rehearse !== undefined;
