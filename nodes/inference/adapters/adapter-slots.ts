import type { Graph } from '../onnx/graph.ts';
import type { GraphModel, Value } from '../onnx/types.ts';
import type { Feed } from '../ort/session.ts';
import type { MatrixSize } from './adapter.ts';
import { kroneckerProduct } from './kronecker.ts';
import type { LinearCall } from './live-change.ts';
import { type AdapterFactors, areaOf, type SlotLayout } from './slot-factors.ts';
import { subGraph } from './sub-graph.ts';

/** What the graph is fed for one slot. */
interface SlotInputs {
  /** float32: all factors of the adapter in it. */
  readonly factors: Value;
  /** int64 [{@link LAYOUT}] per layer: where its factors are, and their shapes. */
  readonly layouts: readonly Value[];
  /** bool [1] per layer: this slot or a later one changes it. */
  readonly on: readonly Value[];
  /** bool [1] per layer: its w2 is up · down; otherwise it is `down`. */
  readonly isShort: readonly Value[];
}

/**
 * Of a layer's layout: four places between which w1, down and up lie; their shapes; the shapes that x and
 * what comes out of w2 are given.
 */
const LAYOUT_PARTS = [1, 1, 1, 1, 2, 2, 2, 2, 3];
const LAYOUT = 15;

/** Gives s · change, for the strength s that a slot has in the layer at hand; operators go into `graph`. */
export type AtStrength = (graph: Graph, slot: number, change: (factor: Value) => Value) => Value;

/**
 * Places in a graph for adapters that are chosen when it runs: their factors are inputs, of any shape, so
 * that another adapter takes a slot without a new session. All factors of a slot come as one input, since
 * each input costs the runtime about as much as two operators at every run. The slots of a layer are nested
 * in each other's `If`, so that those behind the last one in use cost nothing.
 */
export class AdapterSlots {
  readonly #graph: Graph;
  readonly #count: number;
  readonly #layers: ReadonlyMap<string, MatrixSize>;
  readonly #indices: ReadonlyMap<string, number>;
  /** Made with the first layer. */
  #inputs: readonly SlotInputs[] | undefined;
  /** What is fed as long as the same adapters stay. */
  readonly #factorFeeds = new WeakMap<readonly AdapterFactors[], Readonly<Record<string, Feed>>>();

  /**
   * @param count of slots that every layer gets
   * @param layers of the network, of which the graph may have some only
   */
  constructor(graph: Graph, count: number, layers: ReadonlyMap<string, MatrixSize>) {
    this.#graph = graph;
    this.#count = count;
    this.#layers = layers;
    this.#indices = new Map([...layers.keys()].map((module, index) => [module, index]));
  }

  get count(): number {
    return this.#count;
  }

  /** `y` with the changes of all slots added: the layer's output, or what others made of it. */
  adapt({ module, x }: LinearCall, y: Value, atStrength: AtStrength): Value {
    if (this.#count === 0) return y;
    this.#inputs ??= Array.from({ length: this.#count }, (_, slot) => this.#declare(slot));
    const inputs = this.#inputs;
    const index = this.#indices.get(module);
    const size = this.#layers.get(module);
    if (index === undefined || size === undefined) throw new Error(`${module} is no layer of the network.`);

    const branch = (name: string, build: (graph: Graph) => Value): GraphModel =>
      subGraph(`${module}:${name}`, this.#graph.compute, build);
    const on = (slot: number): Value | undefined => inputs[slot]?.on[index];
    const sumFrom = (graph: Graph, slot: number, before: Value): Value => {
      const factors = this.#factors(graph, slot, index);
      const change = atStrength(graph, slot, (factor) => {
        const product = kroneckerProduct(graph, x, {
          w1: graph.mul(factors.w1, factor),
          apart: factors.apart,
          second: (lines) =>
            graph.when(
              factors.isShort,
              branch(`slot ${slot} short`, (inner) =>
                inner.linear(inner.linear(lines, factors.down), factors.up(inner)),
              ),
              branch(`slot ${slot} whole`, (inner) => inner.linear(lines, factors.down)),
            ),
          together: factors.together,
        });
        const flat = graph.integers([-1, size.rows]);
        return graph.reshapeFreely(product, flat, [x.shape[0] ?? 1, size.rows]);
      });
      const next = on(slot + 1);
      if (!next) return graph.add(before, change);
      // Both branches add: one that only passed its value on would copy it.
      return graph.when(
        next,
        branch(`slot ${slot + 1}`, (inner) => sumFrom(inner, slot + 1, inner.add(before, change))),
        branch(`no slot ${slot + 1}`, (inner) => inner.add(before, change)),
      );
    };
    const first = on(0);
    if (!first) throw new Error(`${module} has no slot.`);
    return this.#graph.when(
      first,
      branch('slot 0', (graph) => sumFrom(graph, 0, y)),
      branch('no slot 0', (graph) => graph.identity(y)),
    );
  }

  /**
   * What the slots are fed.
   * @param contents of the slots, from the first on; the same list as long as its adapters stay
   * @param acts whether the adapter in a slot changes a layer now
   */
  feeds(
    contents: readonly AdapterFactors[],
    acts: (slot: number, module: string) => boolean,
  ): Readonly<Record<string, Feed>> {
    if (!this.#inputs) return {};
    const known = this.#factorFeeds.get(contents) ?? this.#feedsOf(contents);
    this.#factorFeeds.set(contents, known);
    const feeds = { ...known };
    let behind: Uint8Array | undefined;
    for (let slot = this.#count - 1; slot >= 0; slot--) {
      const data = behind?.slice() ?? new Uint8Array(this.#layers.size);
      for (const module of contents[slot]?.layers.keys() ?? []) {
        const index = this.#indices.get(module);
        if (index !== undefined && acts(slot, module)) data[index] = 1;
      }
      feeds[inputName(slot, 'on')] = { dims: [data.length], data };
      behind = data;
    }
    return feeds;
  }

  #feedsOf(contents: readonly AdapterFactors[]): Readonly<Record<string, Feed>> {
    const feeds: Record<string, Feed> = {};
    for (let slot = 0; slot < this.#count; slot++) {
      const { values, layers } = contents[slot] ?? EMPTY;
      const layout = new BigInt64Array(this.#layers.size * LAYOUT);
      const isShort = new Uint8Array(this.#layers.size);
      let index = 0;
      for (const [module, size] of this.#layers) {
        // A slot that does not change a layer itself is still passed through where a later one does.
        const own = layers.get(module) ?? nothing(size);
        if (own.up) isShort[index] = 1;
        writeLayout(own, size, layout, index * LAYOUT);
        index++;
      }
      feeds[inputName(slot, 'factors')] = { dims: [values.length], data: values };
      feeds[inputName(slot, 'layout')] = { dims: [layout.length], data: layout };
      feeds[inputName(slot, 'short')] = { dims: [isShort.length], data: isShort };
    }
    return feeds;
  }

  #declare(slot: number): SlotInputs {
    const graph = this.#graph;
    const count = this.#layers.size;
    const flags = (part: string): Value[] =>
      graph.split(graph.input(inputName(slot, part), 'bool', [count]), 0, count);
    return {
      factors: graph.real(inputName(slot, 'factors'), [inputName(slot, 'values')]),
      layouts: graph.split(graph.input(inputName(slot, 'layout'), 'int64', [count * LAYOUT]), 0, count),
      on: flags('on'),
      isShort: flags('short'),
    };
  }

  /** Takes one layer's factors out of what a slot is fed. */
  #factors(graph: Graph, slot: number, index: number) {
    const inputs = this.#inputs?.[slot];
    const [layout, isShort] = [inputs?.layouts[index], inputs?.isShort[index]];
    if (!inputs || !layout || !isShort) throw new RangeError(`There is no slot ${slot}.`);
    const [a, b, c, d, w1, down, up, apart, together] = graph.cut(layout, LAYOUT_PARTS);
    if (!(a && b && c && d && w1 && down && up && apart && together))
      throw new Error('The layout of a layer has too few parts.');
    return {
      isShort,
      w1: graph.reshapeFreely(graph.between(inputs.factors, a, b), w1, ['o1', 'i1']),
      down: graph.reshapeFreely(graph.between(inputs.factors, b, c), down, ['n', 'i2']),
      up: (inner: Graph) => inner.reshapeFreely(inner.between(inputs.factors, c, d), up, ['o2', 'n']),
      apart: (x: Value) => graph.reshapeFreely(x, apart, ['lines', 'i2']),
      together: (lines: Value) => graph.reshapeFreely(lines, together, ['rows', 'i1', 'o2']),
    };
  }
}

const inputName = (slot: number, part: string): string => `slot_${slot}_${part}`;

/** Zeros that adapters in slots bring for the layers they leave alone, see `nothing`. */
export const zerosFor = (layers: ReadonlyMap<string, MatrixSize>): number =>
  Math.max(1, ...[...layers.values()].map(({ rows, columns }) => 1 + rows + columns));

/** No change of a layer, as cheap as one can be: made of the zeros at the start. */
const nothing = ({ rows, columns }: MatrixSize): SlotLayout => ({
  from: 0,
  w1: { rows: 1, columns: 1 },
  down: { rows: 1, columns },
  up: { rows, columns: 1 },
});

/** For a slot without an adapter, which nobody reads. */
const EMPTY: AdapterFactors = { values: new Float32Array(1), layers: new Map() };

/** Writes {@link LAYOUT} numbers from index `at` on. */
function writeLayout(
  { from, w1, down, up = NONE }: SlotLayout,
  { rows }: MatrixSize,
  to: BigInt64Array,
  at: number,
): void {
  const toDown = from + areaOf(w1);
  const toUp = toDown + areaOf(down);
  const places = [from, toDown, toUp, toUp + areaOf(up)];
  const shapes = [w1, down, up].flatMap((matrix) => [matrix.rows, matrix.columns]);
  // Times a single number in one product, not in one for each row.
  const wanted = areaOf(w1) === 1 ? [1, 1, -1] : [-1, w1.columns, rows / w1.rows];
  for (const [i, value] of [...places, ...shapes, -1, down.columns, ...wanted].entries())
    to[at + i] = BigInt(value);
}

const NONE: MatrixSize = { rows: 0, columns: 0 };
