import { UserError } from '../core/errors.ts';
import { isWidget } from '../core/inputs.ts';
import { own } from '../core/own.ts';
import { convertValue, describeValue } from '../core/sockets.ts';
import { checkWired } from '../core/widget-values.ts';
import type { Document } from '../document/schema.ts';
import { titleOf } from '../graph/lookup.ts';
import type { Plan } from '../graph/plan.ts';
import { originOf, type PlannedNode } from '../graph/planned-node.ts';
import { CELL } from '../graph/sweep.ts';
import { outputType } from '../graph/types.ts';
import type { Artifact } from './context.ts';
import type { KronodeNode } from './define-node.ts';
import type { RunEvent } from './events.ts';
import { Cancelled, NodeFailure } from './failure.ts';
import type { Key } from './keys.ts';
import { isRehearsed, type NodeRunResult, runNode, uniqueNotices } from './node-run.ts';
import type { Fact, Services } from './services.ts';
import type { CacheEntry, ValueCache } from './value-cache.ts';

export interface NodeTiming {
  readonly node: string;
  readonly type: string;
  readonly milliseconds: number;
  readonly cached: boolean;
  /** Milliseconds of each step, tile or image the node reported. */
  readonly units: readonly number[];
}

export interface RunResult {
  readonly artifacts: readonly {
    readonly node: string;
    readonly artifact: Artifact;
    /** Everything it was made with. */
    readonly facts: readonly Fact[];
  }[];
  readonly notices: readonly { readonly node: string; readonly message: string }[];
  readonly timings: readonly NodeTiming[];
  readonly milliseconds: number;
}

interface RunParts {
  readonly plan: Plan<KronodeNode>;
  readonly document: Document;
  readonly keys: ReadonlyMap<string, Key>;
  readonly cache: ValueCache;
  readonly services: Services;
  readonly signal: AbortSignal;
  /** Nodes that write only show. */
  readonly live: boolean;
  readonly onEvent: (event: RunEvent) => void;
}

/** One run of one plan: targets pull what they need, and what is known from before is not computed. */
export class Run {
  readonly #parts: RunParts;
  readonly #started = new Map<string, Promise<CacheEntry>>();
  /** How often a node's value will still be asked for: once per wire, once as a target. */
  readonly #asking = new Map<string, number>();
  readonly #retained = new Set<string>();
  readonly #timings: NodeTiming[] = [];

  constructor(parts: RunParts) {
    this.#parts = parts;
    for (const { wired } of parts.plan.nodes.values())
      for (const { from } of Object.values(wired)) this.#ask(from[0]);
    for (const target of parts.plan.targets) this.#ask(target);
  }

  async execute(startedAt: number): Promise<RunResult> {
    const artifacts: RunResult['artifacts'][number][] = [];
    const notices: RunResult['notices'][number][] = [];
    this.#showKnown();
    for (const target of this.#parts.plan.targets) {
      const entry = await this.#evaluate(target);
      for (const artifact of entry.artifacts) artifacts.push({ node: target, artifact, facts: entry.facts });
      notices.push(...entry.notices);
    }
    return {
      artifacts,
      notices: uniqueNotices(notices),
      timings: this.#timings,
      milliseconds: performance.now() - startedAt,
    };
  }

  releaseAll(): void {
    for (const id of this.#retained) this.#parts.cache.release(this.#keyOf(id));
    this.#retained.clear();
  }

  /** What is seen on a node belongs to the value it has, though another may have been made since. */
  #showKnown(): void {
    const { plan, cache, onEvent } = this.#parts;
    for (const [id, planned] of plan.nodes) {
      const preview = cache.peek(this.#keyOf(id))?.preview;
      if (preview) onEvent({ kind: 'preview', node: originOf(planned), preview });
    }
  }

  #ask(id: string): void {
    this.#asking.set(id, (this.#asking.get(id) ?? 0) + 1);
  }

  #plannedOf(id: string): PlannedNode<KronodeNode> {
    const planned = this.#parts.plan.nodes.get(id);
    if (!planned) throw new Error(`Node ${id} is not part of the plan.`);
    return planned;
  }

  #keyOf(id: string): Key {
    const key = this.#parts.keys.get(id);
    if (key === undefined) throw new Error(`Node ${id} is not part of the plan.`);
    return key;
  }

  #evaluate(id: string): Promise<CacheEntry> {
    const started = this.#started.get(id);
    if (started) return started;
    const entry = this.#compute(this.#plannedOf(id));
    this.#started.set(id, entry);
    return entry;
  }

  async #compute(planned: PlannedNode<KronodeNode>): Promise<CacheEntry> {
    // Lets the stack unwind, so that a chain of thousands of nodes can be pulled.
    await undefined;
    const { cache, signal, live, onEvent } = this.#parts;
    if (signal.aborted) throw new Cancelled();
    const { id } = planned;
    const known = cache.get(this.#keyOf(id));
    if (known) {
      this.#retain(id);
      for (const artifact of known.artifacts)
        onEvent({ kind: 'artifact', node: originOf(planned), artifact, facts: known.facts });
      // What was to be said of this value is still true.
      for (const { node, message } of known.notices)
        if (node === originOf(planned)) onEvent({ kind: 'notice', node, message });
      this.#finish(planned, { entry: known, milliseconds: 0, units: [] }, true);
      this.#letGo(planned);
      return known;
    }
    const result = await this.#pullAndRun(planned);
    this.#retain(id);
    // What a rehearsal showed is not what a run would have written.
    if (!isRehearsed(planned.definition, live)) cache.set(this.#keyOf(id), result.entry);
    this.#finish(planned, result, false);
    this.#letGo(planned);
    return result.entry;
  }

  /** Widgets, then wires, then the lazy inputs that are wanted; then the node itself. */
  async #pullAndRun(planned: PlannedNode<KronodeNode>): Promise<NodeRunResult> {
    const { definition, values, wired, sweep } = planned;
    const id = originOf(planned);
    const { plan, document, services, signal, live, onEvent } = this.#parts;
    const inputs: Record<string, unknown> = { ...values };
    const sources: CacheEntry[] = [];
    const cellNames = sweep ? Object.keys(wired).filter((name) => name.startsWith(CELL)) : [];
    const cells = cellNames.map((name) => async () => {
      const wire = own(wired, name);
      if (!wire) throw new Error(`${name} of ${definition.type} is not wired.`);
      const source = await this.#evaluate(wire.from[0]);
      return { value: source.outputs[wire.from[1]], source };
    });
    const pull = async (name: string) => {
      const wire = own(wired, name);
      if (!wire) return;
      const entry = await this.#evaluate(wire.from[0]);
      sources.push(entry);
      inputs[name] = convertValue(wire.toType, wire.fromType, entry.outputs[wire.from[1]]);
      checkInput(planned, name, inputs[name]);
    };
    try {
      const { lazy } = definition;
      for (const name of Object.keys(wired))
        if (!lazy?.inputs.includes(name) && !cellNames.includes(name)) await pull(name);
      if (lazy) for (const name of lazy.choose(inputs)) await pull(name);
      if (signal.aborted) throw new Cancelled();
      const typeOf = (output: string) => outputType(plan.graph, plan.kinds, [id, output]);
      const asked = { planned, inputs, sources, cells, document, services, signal, live, onEvent, typeOf };
      return await runNode(asked);
    } catch (error) {
      if (error instanceof NodeFailure || error instanceof Cancelled) throw error;
      // Whatever a node throws once cancelling was asked for is the cancellation arriving.
      if (signal.aborted) throw new Cancelled();
      const where = {
        node: id,
        title: titleOf(planned.node, definition),
        inputs: describeInputs(planned, inputs),
      };
      const failure = new NodeFailure(where, error);
      onEvent({ kind: 'failed', node: id, message: failure.message, hint: failure.hint });
      throw failure;
    }
  }

  #finish(
    planned: PlannedNode<KronodeNode>,
    { entry, milliseconds, units }: NodeRunResult,
    cached: boolean,
  ): void {
    const node = originOf(planned);
    this.#timings.push({ node, type: planned.definition.type, milliseconds, cached, units });
    this.#parts.onEvent({ kind: 'finished', node, cached, milliseconds, outputs: entry.descriptions });
  }

  #retain(id: string): void {
    this.#retained.add(id);
    this.#parts.cache.retain(this.#keyOf(id));
  }

  /**
   * A node that has its value asks for nothing more. After the last asker only the cache decides how
   * long a value lives, and a node nobody will ask never starts, so it lets go in turn.
   */
  #letGo(planned: PlannedNode<KronodeNode>): void {
    const pending = [planned];
    for (let node = pending.pop(); node; node = pending.pop()) {
      for (const { from } of Object.values(node.wired)) {
        const [id] = from;
        const left = (this.#asking.get(id) ?? 0) - 1;
        this.#asking.set(id, left);
        if (left > 0) continue;
        if (this.#retained.delete(id)) {
          this.#started.delete(id);
          this.#parts.cache.release(this.#keyOf(id));
        } else pending.push(this.#plannedOf(id));
      }
    }
  }
}

/** @throws UserError when a wire brings a value that the widget it replaces would refuse. */
function checkInput({ node, definition }: PlannedNode<KronodeNode>, name: string, value: unknown): void {
  const input = definition.inputs[name];
  if (!input || !isWidget(input)) return;
  const validity = checkWired(input, value);
  if (!validity.ok)
    throw new UserError(
      `${name} of “${titleOf(node, definition)}” got a value it cannot take: ${validity.reason}.`,
      {
        hint: `Change what is wired to ${name}.`,
      },
    );
}

const plainText = (value: unknown): string =>
  Array.isArray(value) && typeof value[0] === 'object' ? JSON.stringify(value) : String(value);

/** One line per input that was there. */
function describeInputs(
  { wired }: PlannedNode<KronodeNode>,
  inputs: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const lines = Object.entries(inputs).map(([name, value]) => {
    const wire = own(wired, name);
    return [name, wire ? describeValue(wire.toType, value) : plainText(value).slice(0, 200)];
  });
  return Object.fromEntries(lines);
}
