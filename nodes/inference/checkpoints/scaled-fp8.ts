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
 * Takes the scales of 8-bit weights to the weights they belong to: weight = stored value · scale, one
 * scale for a whole tensor. Scales of any other form stay where they are, for others to refuse.
 */
export function withScales(tensors: ReadonlyMap<string, WeightSource>): ReadonlyMap<string, WeightSource> {
  const scales = new Map<string, WeightSource>();
  for (const [name, scale] of tensors) {
    const weight = scaleName.test(name) ? scaledWeightOf(name) : undefined;
    if (weight !== undefined && isEightBit(tensors.get(weight)) && isOneFloat(scale))
      scales.set(weight, scale);
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

const isEightBit = (source: WeightSource | undefined): boolean => source?.dtype.startsWith('F8_') ?? false;

const isOneFloat = ({ dtype, shape }: WeightSource): boolean =>
  ['F32', 'F16', 'BF16'].includes(dtype) && shape.every((size) => size === 1);
