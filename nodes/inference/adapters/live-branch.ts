import type { Graph } from '../onnx/graph.ts';
import type { Dim, Value } from '../onnx/types.ts';
import type { Feed } from '../ort/session.ts';
import type { MatrixSize } from './adapter.ts';
import { AdapterSlots } from './adapter-slots.ts';
import { type AdapterStrength, blockOf, blocksOf, strengthIn } from './blocks.ts';
import { type AdapterStack, type LiveAdapter, strengthsFor } from './live-adapter.ts';
import { type LinearCall, LiveChange } from './live-change.ts';
import type { AdapterFactors } from './slot-factors.ts';
import { subGraph } from './sub-graph.ts';

/** Where in a graph an adapter acts: one that is built in, or a slot. */
interface Place {
  readonly kind: 'adapter' | 'slot';
  readonly index: number;
  /** Blocks it has strengths for, in the order in which they are fed. */
  readonly blocks: readonly string[];
}

/** What the branches of one place read when the graph runs. */
interface Controls {
  readonly place: Place;
  readonly input: string;
  /** Size of the rows it is for, where images differ. */
  readonly rows: Dim;
  /** One value [1] per block; where images differ, [rows, 1]. */
  readonly strengths: ReadonlyMap<string, Value>;
}

/** Strengths of a batch whose images differ. */
export interface ImageStrengths {
  /** Of each image, one per adapter; adapters without one are off. */
  readonly images: readonly (readonly AdapterStrength[])[];
  /** Rows of one image, by the names the graph has for the rows of a batch. */
  readonly rows: ReadonlyMap<Dim, number>;
}

/** Slots for adapters that are chosen when a graph runs. */
export interface SlotSettings {
  readonly count: number;
  /** All linear layers of the network. */
  readonly layers: ReadonlyMap<string, MatrixSize>;
}

interface BranchOptions {
  /** Every image of a batch has strengths of its own. */
  readonly perImage?: boolean;
  readonly slots?: SlotSettings | undefined;
}

/** A stack by where its adapters act: positions in the stack. */
interface Placed {
  readonly adapter: readonly number[];
  readonly slot: readonly number[];
  readonly contents: readonly AdapterFactors[];
  /** Of each adapter, the blocks in which it changes a layer of this graph. */
  readonly blocks: readonly (readonly string[])[];
}

/**
 * The branches that adapters add to the linear layers of one graph:
 * y + Σ s · change(x), each change taken from the base layer alone, so that their order does not
 * matter. Strengths are inputs of the graph; an adapter that is off costs nothing, since its branches
 * are behind an `If`. The factors of adapters that are built in stay in their files; those of slots are
 * fed. Nothing of the size of a weight is ever made, except for LoHa of high rank.
 *
 * Where images of a batch differ, each row of an output is scaled by the strength of its image.
 *
 * DoRA follows ComfyUI's convention, V · d / ‖·‖ − W: linear in s, with gains that are constant.
 */
export class LiveBranches {
  readonly #graph: Graph;
  readonly #adapters: readonly LiveAdapter[];
  readonly #slots: AdapterSlots;
  readonly #slotBlocks: readonly string[];
  readonly perImage: boolean;
  /** By the input they come from; made for places that can change a layer of this graph. */
  readonly #controls = new Map<string, Controls>();
  readonly #switches = new Map<number, Value>();
  readonly #modules = new Set<string>();
  readonly #placed = new WeakMap<AdapterStack, Placed>();

  /**
   * Two inputs are added to `graph` for every adapter that changes one of its layers:
   * `adapter_i_strengths`, float32 [blocks], and `adapter_i_on`, a bool scalar; for every slot
   * `slot_i_strengths` and those of {@link AdapterSlots}. With `perImage` there are strengths for every kind
   * of rows instead, `adapter_i_strengths_<rows>`, float32 [rows, blocks].
   *
   * @param adapters that are built in
   */
  constructor(
    graph: Graph,
    adapters: readonly LiveAdapter[],
    { perImage = false, slots = { count: 0, layers: new Map() } }: BranchOptions = {},
  ) {
    this.#graph = graph;
    this.#adapters = adapters;
    this.#slots = new AdapterSlots(graph, slots.count, slots.layers);
    this.#slotBlocks = blocksOf(slots.layers.keys());
    this.perImage = perImage;
  }

  /** The layer's output with every adapter's change added. */
  adapt(call: LinearCall): Value {
    this.#modules.add(call.module);
    let result = call.y;
    for (const [index, { modules, blocks }] of this.#adapters.entries()) {
      const module = modules.get(call.module);
      if (module === undefined) continue;
      const strength = this.#strengthOf({ kind: 'adapter', index, blocks }, call);
      const name = `${call.module}:${index}`;
      const before = result;
      const then = subGraph(`${name}:on`, this.#graph.compute, (graph) => {
        const change = new LiveChange(graph, this.#graph, call);
        return graph.add(
          before,
          this.#atStrength(graph, strength, (factor) => change.of(module, factor)),
        );
      });
      const otherwise = subGraph(`${name}:off`, this.#graph.compute, (graph) => graph.identity(before));
      result = this.#graph.when(this.#switchOf(index), then, otherwise);
    }
    return this.#slots.adapt(call, result, (graph, index, change) =>
      this.#atStrength(
        graph,
        this.#strengthOf({ kind: 'slot', index, blocks: this.#slotBlocks }, call),
        change,
      ),
    );
  }

  /**
   * What the inputs of this graph are fed for given strengths, one per adapter; adapters without one are off.
   * @param stack all adapters over the network
   * @throws UserError for a strength that is no number
   */
  feeds(stack: AdapterStack, strengths: readonly AdapterStrength[]): Readonly<Record<string, Feed>> {
    const feeds: Record<string, Feed> = { ...this.#slotFeeds(stack, [strengths]) };
    for (const { place, input } of this.#controls.values()) {
      const { values, on } = this.#strengthsAt(place, stack, strengths);
      feeds[input] = { dims: [values.length], data: values };
      if (place.kind === 'adapter')
        feeds[switchInput(place.index)] = { dims: [], data: Uint8Array.of(on ? 1 : 0) };
    }
    return feeds;
  }

  /** As {@link feeds}, for a graph whose images differ. */
  imageFeeds(stack: AdapterStack, { images, rows }: ImageStrengths): Readonly<Record<string, Feed>> {
    const feeds: Record<string, Feed> = { ...this.#slotFeeds(stack, images) };
    for (const { place, input, rows: size } of this.#controls.values()) {
      const own = images.map((strengths) => this.#strengthsAt(place, stack, strengths));
      const width = place.blocks.length;
      const count = rows.get(size);
      if (count === undefined) throw new Error(`${input} has rows ${size}, which nobody counted.`);
      const data = new Float32Array(images.length * count * width);
      for (const [image, { values }] of own.entries())
        for (let row = 0; row < count; row++) data.set(values, (image * count + row) * width);
      feeds[input] = { dims: [images.length * count, width], data };
      if (place.kind === 'adapter')
        feeds[switchInput(place.index)] = {
          dims: [],
          data: Uint8Array.of(own.some(({ on }) => on) ? 1 : 0),
        };
    }
    return feeds;
  }

  /** Whether any adapter changes what this graph gives. */
  acts(stack: AdapterStack, strengths: readonly AdapterStrength[]): boolean {
    const { blocks } = this.#placesOf(stack);
    return blocks.some((own, index) => strengthsFor(own, strengths[index] ?? OFF).on);
  }

  /** Tells apart all strengths at which this graph gives something else. */
  keyOf(stack: AdapterStack, strengths: readonly AdapterStrength[]): string {
    const { blocks } = this.#placesOf(stack);
    return blocks.map((own, index) => strengthsFor(own, strengths[index] ?? OFF).values.join()).join(';');
  }

  /** s · change, with s inside of the change, where it is cheapest, as long as all rows have the same. */
  #atStrength(graph: Graph, strength: Value, change: (factor: Value) => Value): Value {
    if (!this.perImage) return change(strength);
    return graph.mul(change(graph.constant(Float32Array.of(1), [1])), strength);
  }

  #strengthOf(place: Place, { module, x }: LinearCall): Value {
    const strength = this.#controlsOf(place, x.shape[0] ?? 1).strengths.get(blockOf(module));
    if (strength === undefined) throw new Error(`${module} is in no block of its adapter.`);
    return strength;
  }

  #slotFeeds(
    stack: AdapterStack,
    images: readonly (readonly AdapterStrength[])[],
  ): Readonly<Record<string, Feed>> {
    const { slot, contents } = this.#placesOf(stack);
    const own = slot.map((index) => images.map((strengths) => strengths[index] ?? OFF));
    return this.#slots.feeds(
      contents,
      (index, module) => own[index]?.some((strength) => strengthIn(blockOf(module), strength) !== 0) ?? false,
    );
  }

  #strengthsAt({ kind, index, blocks }: Place, stack: AdapterStack, strengths: readonly AdapterStrength[]) {
    const at = this.#placesOf(stack)[kind][index];
    return strengthsFor(blocks, (at === undefined ? undefined : strengths[at]) ?? OFF);
  }

  /** @throws RangeError for a stack this graph was not made for */
  #placesOf(stack: AdapterStack): Placed {
    const known = this.#placed.get(stack);
    if (known) return known;
    const positions = [...stack.entries()];
    const slot = positions.filter(([, { factors }]) => factors !== undefined);
    const adapter = positions.filter(([, { factors }]) => factors === undefined);
    if (adapter.length !== this.#adapters.length || slot.length > this.#slots.count)
      throw new RangeError(
        `The graph has ${this.#adapters.length} adapters and ${this.#slots.count} slots, for ${adapter.length} and ${slot.length}.`,
      );
    const placed = {
      adapter: adapter.map(([index]) => index),
      slot: slot.map(([index]) => index),
      contents: slot.flatMap(([, { factors }]) => factors ?? []),
      blocks: stack.map(({ live }) =>
        blocksOf([...this.#modules].filter((module) => live.modules.has(module))),
      ),
    };
    this.#placed.set(stack, placed);
    return placed;
  }

  #controlsOf(place: Place, rows: Dim): Controls {
    const { kind, index, blocks } = place;
    const input = `${kind}_${index}_strengths${this.perImage ? `_${rows}` : ''}`;
    const known = this.#controls.get(input);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const all = graph.real(input, this.perImage ? [rows, blocks.length] : [blocks.length]);
    const each = blocks.length === 1 ? [all] : graph.split(all, this.perImage ? 1 : 0, blocks.length);
    const controls = {
      place,
      input,
      rows,
      strengths: new Map(blocks.map((block, i) => [block, each[i] ?? all])),
    };
    this.#controls.set(input, controls);
    return controls;
  }

  #switchOf(index: number): Value {
    const known = this.#switches.get(index);
    if (known !== undefined) return known;
    const on = this.#graph.input(switchInput(index), 'bool', []);
    this.#switches.set(index, on);
    return on;
  }
}

const switchInput = (index: number): string => `adapter_${index}_on`;

const OFF: AdapterStrength = { strength: 0 };
