import type { Graph } from '../onnx/graph.ts';
import type { Dim, Value } from '../onnx/types.ts';
import type { Feed } from '../ort/session.ts';
import { type AdapterStrength, blockOf } from './blocks.ts';
import { type LiveAdapter, strengthsFor } from './live-adapter.ts';
import { type LinearCall, LiveChange } from './live-change.ts';
import { outside, subGraph } from './sub-graph.ts';

/** What the branches of one adapter read when the graph runs. */
interface Controls {
  readonly index: number;
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

interface BranchOptions {
  /** Every image of a batch has strengths of its own. */
  readonly perImage?: boolean;
}

const strengthsInput = (index: number): string => `adapter_${index}_strengths`;
const switchInput = (index: number): string => `adapter_${index}_on`;

/**
 * The branches that adapters add to the linear layers of one graph:
 * y + Σ s · change(x), each change taken from the base layer alone, so that their order does not
 * matter. Strengths are inputs of the graph; an adapter that is off costs nothing, since its branches
 * are behind an `If`. Factors stay in their files. Nothing of the size of a weight is ever made, except
 * for LoHa of high rank.
 *
 * Where images of a batch differ, each row of an output is scaled by the strength of its image.
 *
 * DoRA follows ComfyUI's convention, V · d / ‖·‖ − W: linear in s, with gains that are constant.
 */
export class LiveBranches {
  readonly #graph: Graph;
  readonly #adapters: readonly LiveAdapter[];
  readonly perImage: boolean;
  /** By the input they come from; made for adapters that change a layer of this graph. */
  readonly #controls = new Map<string, Controls>();
  readonly #switches = new Map<number, Value>();

  /**
   * Two inputs are added to `graph` for every adapter that changes one of its layers:
   * `adapter_i_strengths`, float32 [blocks], and `adapter_i_on`, a bool scalar. With `perImage` there are
   * strengths for every kind of rows instead, `adapter_i_strengths_<rows>`, float32 [rows, blocks].
   */
  constructor(graph: Graph, adapters: readonly LiveAdapter[], { perImage = false }: BranchOptions = {}) {
    this.#graph = graph;
    this.#adapters = adapters;
    this.perImage = perImage;
  }

  /** The layer's output with every adapter's change added. */
  adapt(call: LinearCall): Value {
    let result = call.y;
    for (const [index, live] of this.#adapters.entries()) {
      const module = live.modules.get(call.module);
      if (module === undefined) continue;
      const { strengths } = this.#controlsOf(index, live, call.x.shape[0] ?? 1);
      const strength = strengths.get(blockOf(call.module));
      if (strength === undefined) throw new Error(`${call.module} is in no block of its adapter.`);
      const name = `${call.module}:${index}`;
      const before = outside(result);
      const then = subGraph(`${name}:on`, this.#graph.compute, (graph) => {
        const change = new LiveChange(graph, this.#graph, call);
        if (!this.perImage) return graph.add(before, change.of(module, outside(strength)));
        const whole = change.of(module, graph.constant(Float32Array.of(1), [1]));
        return graph.add(before, graph.mul(whole, outside(strength)));
      });
      const otherwise = subGraph(`${name}:off`, this.#graph.compute, (graph) => graph.identity(before));
      result = this.#graph.when(this.#switchOf(index), then, otherwise);
    }
    return result;
  }

  /**
   * What the inputs of this graph are fed for given strengths, one per adapter; adapters without one are off.
   * @throws UserError for a strength that is no number
   */
  feeds(strengths: readonly AdapterStrength[]): Readonly<Record<string, Feed>> {
    const feeds: Record<string, Feed> = {};
    for (const { index, input } of this.#controls.values()) {
      const { values, on } = this.#strengthsOf(index, strengths);
      feeds[input] = { dims: [values.length], data: values };
      feeds[switchInput(index)] = { dims: [], data: Uint8Array.of(on ? 1 : 0) };
    }
    return feeds;
  }

  /** As {@link feeds}, for a graph whose images differ. */
  imageFeeds({ images, rows }: ImageStrengths): Readonly<Record<string, Feed>> {
    const feeds: Record<string, Feed> = {};
    for (const { index, input, rows: size } of this.#controls.values()) {
      const own = images.map((strengths) => this.#strengthsOf(index, strengths));
      const width = own[0]?.values.length ?? 0;
      const count = rows.get(size);
      if (count === undefined) throw new Error(`${input} has rows ${size}, which nobody counted.`);
      const data = new Float32Array(images.length * count * width);
      for (const [image, { values }] of own.entries())
        for (let row = 0; row < count; row++) data.set(values, (image * count + row) * width);
      feeds[input] = { dims: [images.length * count, width], data };
      feeds[switchInput(index)] = { dims: [], data: Uint8Array.of(own.some(({ on }) => on) ? 1 : 0) };
    }
    return feeds;
  }

  #strengthsOf(index: number, strengths: readonly AdapterStrength[]) {
    const live = this.#adapters[index];
    if (live === undefined) throw new RangeError(`There is no adapter ${index}.`);
    return strengthsFor(live, strengths[index] ?? { strength: 0 });
  }

  #controlsOf(index: number, { blocks }: LiveAdapter, rows: Dim): Controls {
    const input = this.perImage ? `${strengthsInput(index)}_${rows}` : strengthsInput(index);
    const known = this.#controls.get(input);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const all = graph.real(input, this.perImage ? [rows, blocks.length] : [blocks.length]);
    const each = blocks.length === 1 ? [all] : graph.split(all, this.perImage ? 1 : 0, blocks.length);
    const controls = {
      index,
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
