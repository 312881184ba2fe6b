import { readingAhead } from '../checkpoints/safetensors.ts';
import {
  type Adapter,
  type AdapterModule,
  type Chain,
  chainSize,
  linkSize,
  type Matrix,
  type MatrixSize,
  productSize,
  type RowRange,
} from './adapter.ts';
import { chainProduct, kronecker, rowsOf, scaled, selectRows } from './delta.ts';
import { emptyMatrix, loadModuleWith, transpose } from './matrix.ts';

/**
 * Sizes of one layer's change in the form that every slot takes: (w1 ⊗ w2) x, with w2 = down, or up · down
 * where that takes fewer multiplications. A LoRA has w1 = 1. The module's scale is part of w1.
 */
interface SlotSizes {
  /** [o1, i1] */
  readonly w1: MatrixSize;
  /** [n, i2] */
  readonly down: MatrixSize;
  /** [o2, n] */
  readonly up: MatrixSize | undefined;
}

/** Where the factors of one layer lie in {@link AdapterFactors.values}. */
export interface SlotLayout extends SlotSizes {
  readonly from: number;
}

/** All factors of an adapter for slots. */
export interface AdapterFactors {
  /** Zeros for `in + out + 1` values of the widest layer, then w1, down and up of each layer, row-major. */
  readonly values: Float32Array;
  readonly layers: ReadonlyMap<string, SlotLayout>;
}

/**
 * A slot has one order of products for all shapes. Those for which it takes more than this part of what the
 * layer itself takes, and more than this many times the best order, are built in.
 */
const MOST_OF_LAYER = 1 / 2;
const MOST_DETOUR = 1.5;

/** Factors in a slot lie in memory, in one piece; larger adapters stay in their files and are built in. */
const MOST_BYTES = 2 ** 30;

/**
 * Whether slots take an adapter. They take no DoRA, whose change needs the base layer's output, no LoHa of so
 * high a rank that its factors would be as large as the layer, and no LoKr of a shape that would be slow
 * there: such adapters are built into the graph.
 */
export function fitsSlots({ modules }: Pick<Adapter, 'modules'>): boolean {
  return [...modules.values()].every(fitsSlot) && slotBytes({ modules }) <= MOST_BYTES;
}

/** What the factors of an adapter that fits take in a slot. */
export function slotBytes({ modules }: Pick<Adapter, 'modules'>): number {
  let values = 0;
  for (const module of modules.values()) values += valuesOf(module);
  return values * Float32Array.BYTES_PER_ELEMENT;
}

function fitsSlot(module: AdapterModule<MatrixSize>): boolean {
  if (module.dora !== undefined) return false;
  switch (module.family) {
    case 'lora':
      return true;
    case 'loha': {
      const { rows, columns } = productSize(module);
      const isDecomposed = module.first.length > 1 && module.second.length > 1;
      return (
        isDecomposed && rankOf(module.first) * rankOf(module.second) * (rows + columns) <= rows * columns
      );
    }
    case 'lokr': {
      const { asKronecker, asProduct, w1First } = costsOf(module);
      const { count } = rowsOf(module);
      const best = Math.max(MOST_DETOUR * w1First, MOST_OF_LAYER * count * productSize(module).columns);
      return Math.min(asKronecker, asProduct) <= best;
    }
  }
}

/**
 * Reads all factors of an adapter that fits, as float32.
 * @param zeros that come before them
 */
export async function loadSlotFactors(
  { modules, reading = readingAhead }: Adapter,
  zeros: number,
): Promise<AdapterFactors> {
  const layers = new Map<string, SlotLayout>();
  let length = zeros;
  for (const [name, module] of modules) {
    layers.set(name, { from: length, ...sizesOf(module) });
    length += valuesOf(module);
  }
  const values = new Float32Array(length);
  let at = zeros;
  const room: Room = ({ rows, columns }) => {
    const from = at;
    at += rows * columns;
    return { rows, columns, values: values.subarray(from, at) };
  };
  await reading(async (read) => {
    for (const module of modules.values()) fill(await loadModuleWith(read, module), room);
  });
  return { values, layers };
}

/** Gives room for the next matrix, zeros so far. */
type Room = (size: MatrixSize) => Matrix;

const put = (room: Room, matrix: Matrix): void => room(matrix).values.set(matrix.values);

/** Puts w1, down and up where there is room for them. */
function fill(module: AdapterModule<Matrix>, room: Room): void {
  if (module.family === 'lokr') {
    fillLokr(module, room);
    return;
  }
  put(room, one(module.scale));
  if (module.family === 'lora') {
    const { up, down } = twoFactors(module.product);
    put(room, down);
    put(room, selectRows(up, rowsOf(module)));
  } else {
    const [a, b] = [twoFactors(module.first), twoFactors(module.second)];
    put(room, pairedRows(a.down, b.down));
    put(room, selectRows(pairedColumns(a.up, b.up), rowsOf(module)));
  }
}

function sizesOf(module: AdapterModule<MatrixSize>): SlotSizes {
  switch (module.family) {
    case 'lora':
      return lowRank(module, rankOf(module.product));
    case 'loha':
      return lowRank(module, rankOf(module.first) * rankOf(module.second));
    case 'lokr': {
      const [s1, s2] = [chainSize(module.w1), chainSize(module.w2)];
      const isDecomposed = isShort(module.w2);
      const rank = isDecomposed ? rankOf(module.w2) : s2.columns;
      const { asKronecker, asProduct } = costsOf(module);
      if (asKronecker > asProduct) return lowRank(module, s1.rows * rank);
      const { step, parts } = cutOf(rowsOf(module), s2.rows);
      return {
        w1: { rows: rowsOf(module).count / step, columns: s1.columns * parts },
        down: isDecomposed ? { rows: rank, columns: s2.columns } : s2,
        up: isDecomposed ? { rows: s2.rows, columns: rank } : undefined,
      };
    }
  }
}

const lowRank = (module: AdapterModule<MatrixSize>, rank: number): SlotSizes => ({
  w1: { rows: 1, columns: 1 },
  down: { rows: rank, columns: productSize(module).columns },
  up: { rows: rowsOf(module).count, columns: rank },
});

/** Values that a module takes in a slot. */
function valuesOf(module: AdapterModule<MatrixSize>): number {
  const { w1, down, up } = sizesOf(module);
  return areaOf(w1) + areaOf(down) + (up ? areaOf(up) : 0);
}

type Lokr<M> = AdapterModule<M> & { readonly family: 'lokr' };

/** Multiplications per row of x: of the two forms below, and of the order that slots do not have. */
function costsOf(module: Lokr<MatrixSize>) {
  const [s1, s2] = [chainSize(module.w1), chainSize(module.w2)];
  const { count } = rowsOf(module);
  const { parts } = cutOf(rowsOf(module), s2.rows);
  const rank = isShort(module.w2) ? rankOf(module.w2) : s2.columns;
  const w2 = isShort(module.w2) ? rank * (s2.rows + s2.columns) : areaOf(s2);
  return {
    asKronecker: s1.columns * (w2 + count * parts),
    asProduct: s1.rows * rank * (s1.columns * s2.columns + count),
    w1First: s1.rows * (w2 + s1.columns * s2.columns),
  };
}

/**
 * (w1 ⊗ w2) as it is, or where w1 has few rows as the product (I ⊗ w2) · (w1 ⊗ I), as a LoRA is written. Of
 * a decomposed w2 = U · D that is (I ⊗ U) · (w1 ⊗ D).
 */
function fillLokr(module: Lokr<Matrix>, room: Room): void {
  const { scale } = module;
  const range = rowsOf(module);
  const w1 = chainProduct(module.w1);
  const { up, down } = isShort(module.w2)
    ? twoFactors(module.w2)
    : { up: undefined, down: chainProduct(module.w2) };
  const { asKronecker, asProduct } = costsOf(module);
  if (asKronecker <= asProduct) {
    put(room, cutRows(scaled(w1, scale), range, chainSize(module.w2).rows));
    put(room, down);
    if (up) put(room, up);
    return;
  }
  const [outer, inner] = up ? [up, down] : [down, identity(down.columns)];
  const rank = w1.rows * inner.rows;
  put(room, one(scale));
  kronecker(w1, inner, 1, undefined, room({ rows: rank, columns: w1.columns * inner.columns }));
  kronecker(identity(w1.rows), outer, 1, range, room({ rows: range.count, columns: rank }));
}

/** Whether two factors of a decomposed w2 take fewer multiplications than their product. */
function isShort(w2: Chain<MatrixSize>): boolean {
  const { rows, columns } = chainSize(w2);
  return w2.length > 1 && rankOf(w2) * (rows + columns) < rows * columns;
}

const one = (value: number): Matrix => ({ rows: 1, columns: 1, values: Float32Array.of(value) });

function identity(size: number): Matrix {
  const matrix = emptyMatrix(size, size);
  for (let i = 0; i < size; i++) matrix.values[i * size + i] = 1;
  return matrix;
}

/**
 * Where only some rows of w1 ⊗ w2 are wanted, as of a stacked q, k and v, they need not begin or end with a
 * row of w1. The rows of w2 are then cut into equal parts of `step` rows so that they do.
 */
function cutOf({ from, count }: RowRange, o2: number): { readonly step: number; readonly parts: number } {
  const step = [from, count].reduce(greatestDivisor, o2);
  return { step, parts: o2 / step };
}

/** w1 for parts of w2's rows: its column (j, part) has w1's column j at the rows which that part makes. */
function cutRows(w1: Matrix, range: RowRange, o2: number): Matrix {
  const { step, parts } = cutOf(range, o2);
  const cut = emptyMatrix(range.count / step, w1.columns * parts);
  for (let row = 0; row < cut.rows; row++) {
    const block = range.from / step + row;
    const i = Math.floor(block / parts);
    for (let j = 0; j < w1.columns; j++)
      cut.values[row * cut.columns + j * parts + (block % parts)] = w1.values[i * w1.columns + j] ?? 0;
  }
  return cut;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** The last matrix of a chain, and the product of those before it. */
function twoFactors(chain: Chain<Matrix>): { readonly up: Matrix; readonly down: Matrix } {
  const [first, ...rest] = chain;
  const last = rest.at(-1) ?? first;
  return { up: chainProduct([first, ...rest.slice(0, -1)]), down: chainProduct([last]) };
}

const rankOf = (chain: Chain<MatrixSize>): number => linkSize(chain.at(-1) ?? chain[0]).rows;
export const areaOf = ({ rows, columns }: MatrixSize): number => rows * columns;

/** The rows of a and b multiplied elementwise in all pairs, [a.rows · b.rows, columns]. */
function pairedRows(a: Matrix, b: Matrix): Matrix {
  const result = emptyMatrix(a.rows * b.rows, a.columns);
  for (let i = 0; i < result.rows; i++)
    for (let column = 0; column < a.columns; column++) {
      const left = a.values[Math.floor(i / b.rows) * a.columns + column] ?? 0;
      result.values[i * a.columns + column] = left * (b.values[(i % b.rows) * b.columns + column] ?? 0);
    }
  return result;
}

const pairedColumns = (a: Matrix, b: Matrix): Matrix => transpose(pairedRows(transpose(a), transpose(b)));
