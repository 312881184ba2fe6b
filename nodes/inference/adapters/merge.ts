import type { AdapterModule, Dora, Matrix } from './adapter.ts';
import { deltaOf } from './delta.ts';
import { lengthsOf } from './matrix.ts';

/** float32's epsilon, which both reference implementations add to the lengths they divide by. */
const epsilon = 2 ** -23;

/**
 * Whose meaning DoRA magnitudes have; everything else is the same in both.
 *
 * - `comfyui`: W' = W + s · (V · d / ‖·‖ − W) with V = W + ΔW and the row lengths of W itself; magnitudes
 *   over inputs divide by the column lengths of V. Strength 0 is the base model. (`weight_adapter/base.py`)
 * - `lycoris`: W' = V · (s · (d / ‖V‖ − 1) + 1). Strength 0 is W + ΔW. (`modules/lokr.py`)
 */
export type DoraConvention = 'comfyui' | 'lycoris';

/**
 * W' for one adapter at one strength, float32, [out, in]; `base` stays as it is.
 *
 * @throws RangeError when the shapes differ
 */
export function mergeOne(
  base: Matrix,
  module: AdapterModule<Matrix>,
  strength: number,
  convention: DoraConvention = 'comfyui',
): Matrix {
  if (convention === 'lycoris' && module.dora !== undefined) {
    const adapted = adaptedWeight(base, deltaOf(module));
    const gains = gainsOf(module.dora, adapted);
    return scaleAlong(
      adapted,
      module.dora.axis,
      gains.map((gain) => strength * (gain - 1) + 1),
    );
  }
  return mergeAll(base, [{ module, strength }]);
}

/**
 * W + Σ sᵢ · Dᵢ, each Dᵢ taken from the same base, so that the order of adapters does not matter;
 * Dᵢ = ΔWᵢ, or V · d / ‖·‖ − W with DoRA (ComfyUI's convention).
 */
export function mergeAll(
  base: Matrix,
  changes: readonly { readonly module: AdapterModule<Matrix>; readonly strength: number }[],
): Matrix {
  const merged = { ...base, values: base.values.slice() };
  for (const { module, strength } of changes) {
    if (strength === 0) continue;
    addInPlace(merged, changeOf(base, module), strength);
  }
  return merged;
}

function changeOf(base: Matrix, module: AdapterModule<Matrix>): Matrix {
  const delta = deltaOf(module);
  if (module.dora === undefined) return delta;
  const adapted = adaptedWeight(base, delta);
  const { axis } = module.dora;
  const gains = gainsOf(module.dora, axis === 'out' ? base : adapted);
  const change = scaleAlong(adapted, axis, gains);
  addInPlace(change, base, -1);
  return change;
}

/** d / (‖W‖ + ε) for every output (row of W) or input (column). */
export function gainsOf({ axis, magnitudes }: Dora<Matrix>, measured: Matrix): Float64Array {
  return lengthsOf(measured, axis === 'out' ? 'rows' : 'columns').map(
    (length, i) => (magnitudes.values[i] ?? 0) / (length + epsilon),
  );
}

/** W + ΔW. */
export function adaptedWeight(a: Matrix, b: Matrix): Matrix {
  const sum = { ...a, values: a.values.slice() };
  addInPlace(sum, b, 1);
  return sum;
}

function addInPlace(target: Matrix, other: Matrix, factor: number): void {
  if (target.rows !== other.rows || target.columns !== other.columns) {
    throw new RangeError(
      `[${other.rows}, ${other.columns}] cannot be added to [${target.rows}, ${target.columns}].`,
    );
  }
  for (let i = 0; i < target.values.length; i++) {
    target.values[i] = (target.values[i] ?? 0) + factor * (other.values[i] ?? 0);
  }
}

function scaleAlong(matrix: Matrix, axis: 'out' | 'in', gains: Float64Array): Matrix {
  const { rows, columns, values } = matrix;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      result[at] = (values[at] ?? 0) * (gains[axis === 'out' ? row : column] ?? 0);
    }
  }
  return { rows, columns, values: result };
}
