import type { Graph } from '../onnx/graph.ts';
import type { Value } from '../onnx/types.ts';
import type { Feed } from '../ort/session.ts';
import { type AdapterStrength, blockOf } from './blocks.ts';
import { type LiveAdapter, strengthsFor } from './live-adapter.ts';
import { type LinearCall, LiveChange } from './live-change.ts';
import { outside, subGraph } from './sub-graph.ts';

/** What the branches of one adapter read when the graph runs. */
interface Controls {
  readonly on: Value;
  /** One value [1] per block. */
  readonly strengths: ReadonlyMap<string, Value>;
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
 * DoRA follows ComfyUI's convention, V · d / ‖·‖ − W: linear in s, with gains that are constant.
 */
export class LiveBranches {
  readonly #graph: Graph;
  readonly #adapters: readonly LiveAdapter[];
  /** By place in the list; made for adapters that change a layer of this graph. */
  readonly #controls = new Map<number, Controls>();

  /**
   * Two inputs are added to `graph` for every adapter that changes one of its layers:
   * `adapter_i_strengths`, float32 [blocks], and `adapter_i_on`, a bool scalar.
   */
  constructor(graph: Graph, adapters: readonly LiveAdapter[]) {
    this.#graph = graph;
    this.#adapters = adapters;
  }

  /** The layer's output with every adapter's change added. */
  adapt(call: LinearCall): Value {
    let result = call.y;
    for (const [index, live] of this.#adapters.entries()) {
      const module = live.modules.get(call.module);
      if (module === undefined) continue;
      const { on, strengths } = this.#controlsOf(index, live);
      const strength = strengths.get(blockOf(call.module));
      if (strength === undefined) throw new Error(`${call.module} is in no block of its adapter.`);
      const name = `${call.module}:${index}`;
      const before = outside(result);
      const then = subGraph(`${name}:on`, (graph) => {
        const change = new LiveChange(graph, this.#graph, call);
        return graph.add(before, change.of(module, outside(strength)));
      });
      const otherwise = subGraph(`${name}:off`, (graph) => graph.identity(before));
      result = this.#graph.when(on, then, otherwise);
    }
    return result;
  }

  /**
   * What the inputs of this graph are fed for given strengths, one per adapter; adapters without one are off.
   * @throws UserError for a strength that is no number
   */
  feeds(strengths: readonly AdapterStrength[]): Readonly<Record<string, Feed>> {
    const feeds: Record<string, Feed> = {};
    for (const index of this.#controls.keys()) {
      const live = this.#adapters[index];
      if (live === undefined) continue;
      const { values, on } = strengthsFor(live, strengths[index] ?? { strength: 0 });
      feeds[strengthsInput(index)] = { dims: [values.length], data: values };
      feeds[switchInput(index)] = { dims: [], data: Uint8Array.of(on ? 1 : 0) };
    }
    return feeds;
  }

  #controlsOf(index: number, { blocks }: LiveAdapter): Controls {
    const known = this.#controls.get(index);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const all = graph.input(strengthsInput(index), 'float32', [blocks.length]);
    const each = blocks.length === 1 ? [all] : graph.split(all, 0, blocks.length);
    const controls = {
      on: graph.input(switchInput(index), 'bool', []),
      strengths: new Map(blocks.map((block, i) => [block, each[i] ?? all])),
    };
    this.#controls.set(index, controls);
    return controls;
  }
}
