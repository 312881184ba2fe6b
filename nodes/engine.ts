import type { Document } from './document/schema.ts';
import type { KronodeNode } from './execution/define-node.ts';
import { Executor, type RunOptions } from './execution/executor.ts';
import type { RunResult } from './execution/run.ts';
import type { Services } from './execution/services.ts';
import { type Plan, planRun } from './graph/plan.ts';
import { library } from './library/index.ts';

/** The library, the executor and the services bound together: what every host runs workflows with. */
export class Engine {
  readonly catalogue = library;
  readonly executor: Executor;

  constructor(services: Services, cacheBudgetBytes = 2 ** 30) {
    this.executor = new Executor(services, cacheBudgetBytes);
  }

  plan(document: Document, targets?: readonly string[]): Plan<KronodeNode> {
    return planRun(document, this.catalogue, targets);
  }

  /**
   * Computes `targets` (default: everything that shows or saves).
   * @throws InvalidGraph, NodeFailure or Cancelled.
   */
  run(
    document: Document,
    options: RunOptions & { readonly targets?: readonly string[] },
  ): Promise<RunResult> {
    return this.executor.run(this.plan(document, options.targets), document, this.catalogue, options);
  }
}
