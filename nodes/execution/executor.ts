import { UserError } from '../core/errors.ts';
import { filesNamed } from '../core/widget-values.ts';
import type { Problem } from '../document/problem.ts';
import type { Document } from '../document/schema.ts';
import { titleOf } from '../graph/lookup.ts';
import type { Plan } from '../graph/plan.ts';
import { originOf } from '../graph/planned-node.ts';
import type { KronodeNode } from './define-node.ts';
import type { RunEvent } from './events.ts';
import { Cancelled, InvalidGraph } from './failure.ts';
import { type Key, KeyTable } from './keys.ts';
import { Run, type RunResult } from './run.ts';
import type { Services } from './services.ts';
import { ValueCache } from './value-cache.ts';

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Shows and writes nothing, for values that are being tried. */
  readonly live?: boolean;
  readonly onEvent?: (event: RunEvent) => void;
}

/** Descriptions kept before all is forgotten: hours of dragging sliders. */
const MAX_KEYS = 100_000;

const nothingToDo: Problem = {
  severity: 'error',
  message: 'Nothing in this workflow shows or saves a picture.',
  hint: 'Add a Preview or Save image node, or switch a muted one on.',
};

const isError = (problem: { readonly severity: string }): boolean => problem.severity === 'error';

/**
 * Runs plans, one at a time, keeping values between runs: what has the same key is not computed
 * again. Targets pull what they need, so a lazy input that is not chosen never runs.
 */
export class Executor {
  readonly cache: ValueCache;
  readonly #keys = new KeyTable();
  readonly #services: Services;

  constructor(services: Services, cacheBudgetBytes: number) {
    this.#services = services;
    this.cache = new ValueCache(cacheBudgetBytes);
  }

  /** Which planned nodes would run now, and which are known from before or not asked for. */
  async preview(plan: Plan<KronodeNode>): Promise<ReadonlyMap<string, 'run' | 'cached'>> {
    const keys = await this.#keysOf(plan);
    const wanted = new Set(plan.targets);
    const states = new Map<string, 'run' | 'cached'>();
    // From the targets back to what feeds them: behind a known value nothing is asked for.
    for (const [id, key] of [...keys].reverse()) {
      const planned = plan.nodes.get(id);
      if (!planned) continue;
      const runs = wanted.has(id) && !this.cache.has(key);
      const origin = originOf(planned);
      // Of a node that a sweep computes several times, one that runs is enough.
      if (runs || !states.has(origin)) states.set(origin, runs ? 'run' : 'cached');
      if (runs) for (const { from } of Object.values(planned.wired)) wanted.add(from[0]);
    }
    return states;
  }

  /**
   * @throws InvalidGraph when the plan has problems, NodeFailure when a node fails,
   * Cancelled when `signal` fired.
   */
  async run(
    plan: Plan<KronodeNode>,
    document: Document,
    { signal, live = false, onEvent = () => undefined }: RunOptions,
  ): Promise<RunResult> {
    const errors = plan.problems.filter(isError);
    if (errors.length > 0) throw new InvalidGraph(errors);
    if (plan.targets.length === 0)
      throw new InvalidGraph(plan.problems.length > 0 ? plan.problems : [nothingToDo]);
    const startedAt = performance.now();
    if (signal.aborted) throw new Cancelled();
    const keys = await this.#keysOf(plan);
    const run = new Run({
      plan,
      document,
      keys,
      cache: this.cache,
      services: this.#services,
      signal,
      live,
      onEvent,
    });
    try {
      return await run.execute(startedAt);
    } finally {
      run.releaseAll();
    }
  }

  async #keysOf(plan: Plan<KronodeNode>): Promise<ReadonlyMap<string, Key>> {
    const fingerprints = new Map<string, string>();
    for (const [id, planned] of plan.nodes) {
      const { node, definition, values } = planned;
      const states: string[] = [];
      for (const { input, kind, name } of filesNamed(definition.inputs, values)) {
        try {
          states.push(await this.#services.models.fingerprint(kind, name));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          throw new InvalidGraph([
            {
              severity: 'error',
              node: originOf(planned),
              input,
              message: `${input} of “${titleOf(node, definition)}”: ${error.message}`,
              ...(error.hint === undefined ? {} : { hint: error.hint }),
            },
          ]);
        }
      }
      if (states.length > 0) fingerprints.set(id, states.join());
    }
    if (this.#keys.size > MAX_KEYS) {
      this.#keys.clear();
      this.cache.clear();
    }
    return this.#keys.keysOf(plan, fingerprints);
  }
}
