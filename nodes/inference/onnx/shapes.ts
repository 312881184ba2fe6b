import type { Dim, Value } from './types.ts';

/** A graph that cannot work: a defect of the code that builds it, told with the operator and its operands. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}

/** @throws GraphError */
export function refuse(op: string, operands: readonly Value[], why: string): never {
  const shapes = operands.map(({ name, dtype, shape }) => `${name}: ${dtype}[${shape.join(', ')}]`);
  throw new GraphError(`${op}(${shapes.join(', ')}): ${why}.`);
}

/** NumPy broadcasting; a symbolic size fits itself and 1. */
export function broadcast(op: string, a: Value, b: Value): readonly Dim[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a.shape[a.shape.length - rank + i] ?? 1;
    const right = b.shape[b.shape.length - rank + i] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    return refuse(op, [a, b], `size ${left} does not fit size ${right}`);
  });
}

/** A product of sizes in one normal form, so that equal products compare equal: `16·height·width`. */
export function productOf(dims: readonly Dim[]): Dim {
  const factors = dims.flatMap<Dim>((dim) => (typeof dim === 'string' ? dim.split('·') : [dim]));
  let count = 1;
  const symbols: string[] = [];
  for (const factor of factors) {
    if (typeof factor === 'string' && Number.isNaN(Number(factor))) symbols.push(factor);
    else count *= Number(factor);
  }
  if (symbols.length === 0) return count;
  return [...(count === 1 ? [] : [String(count)]), ...symbols.sort()].join('·');
}

/** `whole / part`, or undefined where it does not come out even. */
function quotientOf(whole: Dim, part: Dim): Dim | undefined {
  const split = (dim: Dim) => {
    const factors = String(dim).split('·');
    const symbols = factors.filter((factor) => Number.isNaN(Number(factor)));
    const count = factors
      .filter((factor) => !symbols.includes(factor))
      .reduce((all, factor) => all * Number(factor), 1);
    return { symbols, count };
  };
  const numerator = split(whole);
  const denominator = split(part);
  for (const symbol of denominator.symbols) {
    const at = numerator.symbols.indexOf(symbol);
    if (at < 0) return undefined;
    numerator.symbols.splice(at, 1);
  }
  const count = numerator.count / denominator.count;
  return Number.isInteger(count) ? productOf([count, ...numerator.symbols]) : undefined;
}

/** Shape after a Reshape to `target`: 0 keeps the size at that place, −1 takes what is left over. */
export function reshaped(x: Value, target: readonly number[]): readonly Dim[] {
  const whole = productOf(x.shape);
  const kept = target.map((size, i) =>
    size === 0 ? (x.shape[i] ?? refuse('Reshape', [x], `there is no axis ${i}`)) : size,
  );
  const open = kept.indexOf(-1);
  const rest = quotientOf(whole, productOf(kept.filter((_, i) => i !== open)));
  if (rest === undefined || (open < 0 && rest !== 1))
    return refuse('Reshape', [x], `cannot become [${target.join(', ')}]`);
  return kept.map((size, i) => (i === open ? rest : size));
}
