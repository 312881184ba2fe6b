import { isOne } from './weight-views.ts';
import type { WeightSource } from './weights.ts';

/** A scale beside an 8-bit weight: ComfyUI's own name, and that of compressed-tensors and newer files. */
const scaleName = /^(.*\.)(?:scale_weight|weight_scale)$/;
/** What lies beside such weights and says nothing about their values. */
const companion = /^(.*\.)(?:scale_input|input_scale|comfy_quant)$/;
/** ComfyUI's mark of a file with scaled weights. */
const mark = /(^|\.)scaled_fp8$/;

/**
 * The weight whose scale, or other companion, a tensor is.
 * @returns undefined for tensors that are none
 */
export function scaledWeightOf(name: string): string | undefined {
  const base = (scaleName.exec(name) ?? companion.exec(name))?.[1];
  return base === undefined ? undefined : `${base}weight`;
}

/**
 * Takes the scales of 8-bit weights to the weights they belong to: weight = stored value · scale, with one
 * scale for a whole tensor, or for each of its rows ([rows] or [rows, 1], as compressed-tensors stores them). Scales of
 * any other form stay where they are, for others to refuse.
 */
export function withScales(tensors: ReadonlyMap<string, WeightSource>): ReadonlyMap<string, WeightSource> {
  const scales = new Map<string, WeightSource>();
  for (const [name, scale] of tensors) {
    const owner = scaleName.test(name) ? scaledWeightOf(name) : undefined;
    const weight = tensors.get(owner ?? '');
    if (owner !== undefined && weight && isEightBit(weight) && fits(scale, weight)) scales.set(owner, scale);
  }
  const hasEightBit = [...tensors.values()].some(isEightBit);
  const result = new Map<string, WeightSource>();
  for (const [name, source] of tensors) {
    const owner = scaledWeightOf(name);
    if ((hasEightBit && mark.test(name)) || (owner !== undefined && scales.has(owner))) continue;
    const scale = scales.get(name);
    result.set(name, scale ? { ...source, scale } : source);
  }
  return result;
}

const isEightBit = ({ dtype }: WeightSource): boolean => dtype.startsWith('F8_');

function fits(scale: WeightSource, weight: WeightSource): boolean {
  const [rows, ...others] = scale.shape;
  const isPerRow = rows === weight.shape[0] && others.length < 2 && others.every((size) => size === 1);
  return ['F32', 'F16', 'BF16'].includes(scale.dtype) && (isOne(scale) || isPerRow);
}
