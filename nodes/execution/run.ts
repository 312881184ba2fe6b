import type { Catalogue } from '../core/catalogue.ts';
import { bytesOfValue, convertValue, describeValue } from '../core/sockets.ts';
import type { Document } from '../document/schema.ts';
import type { Plan, PlannedNode } from '../graph/plan.ts';
import { outputType } from '../graph/types.ts';
import type { Artifact, Progress, RunContext } from './context.ts';
import type { KronodeNode } from './define-node.ts';
import { ProgressMeter, type RunEvent } from './events.ts';
import { Cancelled, NodeFailure } from './failure.ts';
import type { Key } from './keys.ts';
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
  readonly catalogue: Catalogue<KronodeNode>;
  readonly keys: ReadonlyMap<string, Key>;
  readonly cache: ValueCache;
  readonly services: Services;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

/** One run of one plan: targets pull what they need, and what is known from before is not computed. */
export class Run {
  readonly #parts: RunParts;
  readonly #started = new Map<string, Promise<CacheEntry>>();
  /** Consumers in the plan that have not had a node's value yet. */
  readonly #consumers = new Map<string, number>();
  readonly #retained = new Set<string>();
  readonly #timings: NodeTiming[] = [];

  constructor(parts: RunParts) {
    this.#parts = parts;
    for (const { wired } of parts.plan.nodes.values())
      for (const { from } of Object.values(wired))
        this.#consumers.set(from[0], (this.#consumers.get(from[0]) ?? 0) + 1);
  }

  async execute(startedAt: number): Promise<RunResult> {
    const artifacts: RunResult['artifacts'][number][] = [];
    const notices: RunResult['notices'][number][] = [];
    const told = new Set<string>();
    for (const target of this.#parts.plan.targets) {
      const entry = await this.#evaluate(target);
      for (const artifact of entry.artifacts) artifacts.push({ node: target, artifact, facts: entry.facts });
      for (const notice of entry.notices) {
        if (!told.has(`${notice.node}\n${notice.message}`)) notices.push(notice);
        told.add(`${notice.node}\n${notice.message}`);
      }
    }
    return { artifacts, notices, timings: this.#timings, milliseconds: performance.now() - startedAt };
  }

  releaseAll(): void {
    for (const id of this.#retained) this.#parts.cache.release(this.#keyOf(id));
    this.#retained.clear();
  }

  #keyOf(id: string): Key {
    const key = this.#parts.keys.get(id);
    if (key === undefined) throw new Error(`Node ${id} is not part of the plan.`);
    return key;
  }

  #evaluate(id: string): Promise<CacheEntry> {
    const started = this.#started.get(id);
    if (started) return started;
    const entry = this.#compute(id);
    this.#started.set(id, entry);
    return entry;
  }

  async #compute(id: string): Promise<CacheEntry> {
    // Lets the stack unwind, so that a chain of thousands of nodes can be pulled.
    await undefined;
    const { plan, cache, onEvent } = this.#parts;
    const planned = plan.nodes.get(id);
    if (!planned) throw new Error(`Node ${id} is not part of the plan.`);
    const key = this.#keyOf(id);
    const known = cache.get(key);
    if (known) {
      this.#retain(id);
      for (const artifact of known.artifacts) onEvent({ kind: 'artifact', node: id, artifact });
      this.#finish(planned, known, 0, true, []);
      return known;
    }
    const { inputs, sources } = await this.#gather(planned);
    const { entry, milliseconds, units } = await this.#runNode(planned, inputs, sources);
    cache.set(key, entry);
    this.#retain(id);
    this.#finish(planned, entry, milliseconds, false, units);
    for (const { from } of Object.values(planned.wired)) this.#consumed(from[0]);
    return entry;
  }

  /** Values for all inputs: widgets, then wires, then the lazy ones that are wanted. */
  async #gather(planned: PlannedNode<KronodeNode>) {
    const { definition, values, wired } = planned;
    const inputs: Record<string, unknown> = { ...values };
    const sources: CacheEntry[] = [];
    const pull = async (name: string) => {
      const wire = wired[name];
      if (!wire) return;
      const entry = await this.#evaluate(wire.from[0]);
      sources.push(entry);
      inputs[name] = convertValue(wire.toType, wire.fromType, entry.outputs[wire.from[1]]);
    };
    const lazy = definition.lazy?.inputs ?? [];
    for (const name of Object.keys(wired)) if (!lazy.includes(name)) await pull(name);
    if (definition.lazy) for (const name of definition.lazy.choose(inputs)) await pull(name);
    return { inputs, sources };
  }

  async #runNode(
    planned: PlannedNode<KronodeNode>,
    inputs: Readonly<Record<string, unknown>>,
    sources: readonly CacheEntry[],
  ) {
    const { id, definition } = planned;
    const { services, signal, document, onEvent } = this.#parts;
    if (signal.aborted) throw new Cancelled();
    const artifacts: Artifact[] = [];
    const notices: CacheEntry['notices'][number][] = sources.flatMap((source) => source.notices);
    const inherited = uniqueFacts(sources.flatMap((source) => source.facts));
    const own: Fact[] = [];
    const units: number[] = [];
    const startedAt = performance.now();
    const meter = new ProgressMeter(startedAt);
    const context: RunContext = {
      node: id,
      signal,
      services,
      document,
      progress: ({ done, total, unit, milliseconds, preview }: Progress) => {
        if (milliseconds !== undefined) units.push(milliseconds);
        const pace = meter.update(performance.now(), done, total);
        onEvent({ kind: 'progress', node: id, done, total, unit, ...pace, preview });
      },
      notice: (message) => {
        notices.push({ node: id, message });
        onEvent({ kind: 'notice', node: id, message });
      },
      record: (fact) => own.push(fact),
      artifact: (artifact) => {
        artifacts.push(artifact);
        onEvent({ kind: 'artifact', node: id, artifact });
      },
      facts: () => inherited,
    };
    onEvent({ kind: 'started', node: id });
    try {
      const outputs = await definition.run(context, inputs as never);
      const entry: CacheEntry = {
        outputs,
        artifacts,
        notices,
        facts: uniqueFacts([...inherited, ...own]),
        bytes: this.#bytesOf(planned, outputs),
      };
      return { entry, milliseconds: performance.now() - startedAt, units };
    } catch (error) {
      // Whatever a node throws once cancelling was asked for is the cancellation arriving.
      if (signal.aborted) throw new Cancelled();
      const failure = new NodeFailure(
        { node: id, title: definition.title, inputs: this.#describeInputs(planned, inputs) },
        error,
      );
      onEvent({ kind: 'failed', node: id, message: failure.message, hint: failure.hint });
      throw failure;
    }
  }

  #finish(
    { id, definition }: PlannedNode<KronodeNode>,
    entry: CacheEntry,
    milliseconds: number,
    cached: boolean,
    units: readonly number[],
  ): void {
    this.#timings.push({ node: id, type: definition.type, milliseconds, cached, units });
    const outputs: Record<string, string> = {};
    for (const [name, value] of Object.entries(entry.outputs)) {
      const type = this.#outputType(id, name);
      if (type) outputs[name] = describeValue(type, value);
    }
    this.#parts.onEvent({ kind: 'finished', node: id, cached, milliseconds, outputs });
  }

  #outputType(node: string, name: string) {
    return outputType(this.#parts.document, this.#parts.catalogue, [node, name]);
  }

  #bytesOf({ id }: PlannedNode<KronodeNode>, outputs: Readonly<Record<string, unknown>>): number {
    return Object.entries(outputs).reduce((sum, [name, value]) => {
      const type = this.#outputType(id, name);
      return type ? sum + bytesOfValue(type, value) : sum;
    }, 0);
  }

  #describeInputs({ wired }: PlannedNode<KronodeNode>, inputs: Readonly<Record<string, unknown>>) {
    return Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => {
        const wire = wired[name];
        return [name, wire ? describeValue(wire.toType, value) : String(value).slice(0, 200)];
      }),
    );
  }

  #retain(id: string): void {
    if (this.#retained.has(id)) return;
    this.#retained.add(id);
    this.#parts.cache.retain(this.#keyOf(id));
  }

  /** One consumer had the value; after the last one only the cache decides how long it lives. */
  #consumed(id: string): void {
    const left = (this.#consumers.get(id) ?? 1) - 1;
    this.#consumers.set(id, left);
    if (left > 0 || !this.#retained.delete(id)) return;
    this.#started.delete(id);
    this.#parts.cache.release(this.#keyOf(id));
  }
}

const uniqueFacts = (facts: readonly Fact[]): Fact[] => [
  ...new Map(facts.map((fact) => [JSON.stringify(fact), fact])).values(),
];
