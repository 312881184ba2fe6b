import type { Document } from '../document/schema.ts';
import type { Plan } from '../graph/plan.ts';
import { originOf } from '../graph/planned-node.ts';
import type { RunEvent } from './events.ts';
import { Cancelled } from './failure.ts';
import { describeNode } from './keys.ts';
import type { RunResult } from './run.ts';

interface Attempt {
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

/** What plans and computes a document. */
export interface Computing {
  plan(document: Document): Plan;
  run(document: Document, attempt: Attempt): Promise<RunResult>;
}

export interface TunedResult extends RunResult {
  /** Changes that went into it. */
  readonly changes: number;
}

/**
 * A run whose document may change meanwhile. A picture is always the one that a fresh run of the same
 * document gives: a change does not bend the steps that are left. Instead the work it concerns stops at
 * its next step, tile or node, and starts over with the newest document; values it does not concern are
 * computed to their end and stay known. Documents between two such moments are skipped.
 */
export class TunedRun {
  readonly #signal: AbortSignal;
  readonly #onEvent: (event: RunEvent) => void;
  #document: Document;
  #changes = 0;
  #attempt: { readonly plan: Plan; readonly stop: AbortController } | undefined;
  #plan: ((document: Document) => Plan) | undefined;
  /** Nodes that compute now. */
  readonly #running = new Set<string>();
  /** Nodes of the attempt under way whose values are not those of the newest document. */
  #concerned: ReadonlySet<string> = new Set();

  constructor(document: Document, { signal, onEvent }: Attempt) {
    this.#document = document;
    this.#signal = signal;
    this.#onEvent = onEvent;
  }

  /** As it is wanted now. */
  get document(): Document {
    return this.#document;
  }

  /** Goes on with another state of the document. */
  change(next: Document): void {
    this.#document = next;
    this.#changes++;
    if (!this.#attempt || !this.#plan) return;
    this.#concerned = differing(this.#attempt.plan, this.#plan(next));
    this.#stopWhenDue();
  }

  /** @throws what `computing` throws for the newest document; Cancelled when `signal` fired */
  async result(computing: Computing): Promise<TunedResult> {
    this.#plan = (document) => computing.plan(document);
    for (;;) {
      const document = this.#document;
      const attempt = { plan: computing.plan(document), stop: new AbortController() };
      this.#attempt = attempt;
      this.#concerned = new Set();
      this.#running.clear();
      const signal = AbortSignal.any([this.#signal, attempt.stop.signal]);
      try {
        const result = await computing.run(document, { signal, onEvent: (event) => this.#hear(event) });
        if (this.#concerned.size === 0) return { ...result, changes: this.#changes };
      } catch (error) {
        const isSuperseded = error instanceof Cancelled && attempt.stop.signal.aborted;
        if (this.#signal.aborted || !isSuperseded) throw error;
      }
    }
  }

  #hear(event: RunEvent): void {
    if (event.kind === 'started') this.#running.add(event.node);
    if (event.kind === 'finished' || event.kind === 'failed') this.#running.delete(event.node);
    this.#onEvent(event);
    this.#stopWhenDue();
  }

  /** What no change concerns is let come to its end: the next attempt needs it too. */
  #stopWhenDue(): void {
    if (this.#concerned.size === 0) return;
    if ([...this.#running].every((node) => this.#concerned.has(node))) this.#attempt?.stop.abort();
  }
}

/** Nodes of the document that compute something else in one plan than in the other. */
function differing(before: Plan, now: Plan): ReadonlySet<string> {
  const planned = new Set<string>();
  const nodes = new Set<string>();
  for (const [id, node] of now.nodes) {
    const old = before.nodes.get(id);
    const isSame =
      old &&
      describeNode(old) === describeNode(node) &&
      !Object.values(node.wired).some(({ from }) => planned.has(from[0]));
    if (isSame) continue;
    planned.add(id);
    nodes.add(originOf(node));
  }
  return nodes;
}
