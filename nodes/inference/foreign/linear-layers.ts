import type { ScannedModel } from '../onnx/scan.ts';
import type { ScannedNode } from '../onnx/scan-node.ts';
import type { Dtype, Initializer } from '../onnx/types.ts';
import { GraphIndex } from './graph-index.ts';
import { moduleInName, modulesByPosition } from './module-match.ts';

/** A matrix product of a graph with a weight that is part of the graph: y = x · weight. */
export interface LinearLayer {
  /** The operator that makes `y`. */
  readonly node: ScannedNode;
  /** Name of what goes in, [… , columns], before any quantisation of activations. */
  readonly x: string;
  /** Name of what comes out, [… , rows]. */
  readonly y: string;
  /** Of x and y. */
  readonly dtype: Dtype;
  readonly rows: number;
  readonly columns: number;
  /** Names around it that may tell which layer it is. */
  readonly names: readonly string[];
  /** The weight where it is stored in a form that can be read. */
  readonly weight: LayerWeight | undefined;
}

/** How a graph stores the weight of a layer. */
export type LayerWeight =
  | { readonly kind: 'floats'; readonly tensor: Initializer; readonly isTransposed: boolean }
  | {
      /** As MatMulNBits takes it: along each row of [rows, columns], blocks of codes with a scale each. */
      readonly kind: 'blocks';
      readonly bits: number;
      readonly blockSize: number;
      readonly codes: Initializer;
      readonly scales: Initializer;
      /** Packed like the codes, each row from a byte on; half of all codes where there are none. */
      readonly zeroPoints: Initializer | undefined;
    };

/** The layers of a transformer by their diffusers module names. */
export interface LinearLayers {
  /** A stacked q, k and v is found under `….attention.qkv`. */
  readonly byModule: ReadonlyMap<string, LinearLayer>;
  /** Products with weights that stand for no known module. */
  readonly unmatched: readonly string[];
}

/**
 * Finds the layers that adapters can act on: by the names that exporters keep, and where there are
 * none by shape and position.
 */
export function linearLayers(model: ScannedModel): LinearLayers {
  const index = new GraphIndex(model);
  const layers = model.nodes.flatMap((node) => layerOf(index, node) ?? []);
  const byModule = new Map<string, LinearLayer>();
  const unnamed: LinearLayer[] = [];
  for (const layer of layers) {
    const module = layer.names.map(moduleInName).find((name) => name !== undefined);
    if (module !== undefined && !byModule.has(module)) byModule.set(module, layer);
    else unnamed.push(layer);
  }
  const unmatched = new Set(unnamed);
  if (byModule.size === 0) {
    for (const [module, layer] of modulesByPosition(index, layers)) {
      byModule.set(module, layer);
      unmatched.delete(layer);
    }
  }
  return { byModule, unmatched: [...unmatched].map(({ names }) => names[0] ?? '') };
}

function layerOf(index: GraphIndex, node: ScannedNode): LinearLayer | undefined {
  const [x = '', weight = ''] = node.inputs;
  const y = node.outputs[0] ?? '';
  const flag = (name: string) => {
    const found = node.attributes[name];
    return found?.kind === 'int' ? found.value : 0;
  };
  switch (node.op) {
    case 'MatMul':
      return plain(index, node, x, weight, y, false);
    case 'Gemm':
      return flag('transA') === 0 ? plain(index, node, x, weight, y, flag('transB') === 1) : undefined;
    case 'FusedMatMul':
      return flag('transA') === 0 ? plain(index, node, x, weight, y, flag('transB') === 1) : undefined;
    case 'MatMulNBits': {
      const scales = index.constant(node.inputs[2] ?? '');
      if (!scales) return undefined;
      const names = [weight, node.name, y];
      const size = { rows: flag('N'), columns: flag('K') };
      const blocks = blocksOf(index, node, scales, flag('bits') || DEFAULT_BITS, flag('block_size'));
      return { node, x, y, dtype: scales.dtype, ...size, names, weight: blocks };
    }
    case 'DynamicQuantizeMatMul':
      return quantised(index, node, x, weight, y);
    case 'MatMulInteger':
      return integers(index, node, x, weight);
    default:
      return undefined;
  }
}

function plain(
  index: GraphIndex,
  node: ScannedNode,
  x: string,
  weight: string,
  y: string,
  isTransposed: boolean,
): LinearLayer | undefined {
  const found = weightBehind(index, weight, isTransposed);
  if (!found || index.constant(x)) return undefined;
  const [first = 0, second = 0] = found.tensor.shape;
  const [rows, columns] = found.isTransposed ? [first, second] : [second, first];
  const names = [found.tensor.name, weight, node.name, y];
  const isFloat = ['float32', 'float16', 'bfloat16'].includes(found.tensor.dtype);
  return {
    node,
    x,
    y,
    dtype: found.dtype,
    rows,
    columns,
    names,
    weight:
      isFloat && !found.isQuantised
        ? { kind: 'floats', tensor: found.tensor, isTransposed: found.isTransposed }
        : undefined,
  };
}

/** Of MatMulNBits. */
const DEFAULT_BITS = 4;

/** Undefined where columns are in another order, or zero points are no codes. */
function blocksOf(
  index: GraphIndex,
  { inputs }: ScannedNode,
  scales: Initializer,
  bits: number,
  blockSize: number,
): LayerWeight | undefined {
  const [, weight = '', , zeros = '', order = ''] = inputs;
  const codes = index.constant(weight);
  const zeroPoints = zeros === '' ? undefined : index.constant(zeros);
  const isReadable = zeros === '' || zeroPoints?.dtype === 'uint8';
  if (!codes || order !== '' || !isReadable || (bits !== 4 && bits !== 8) || blockSize < 16) return undefined;
  return { kind: 'blocks', bits, blockSize, codes, scales, zeroPoints };
}

interface Weight {
  readonly tensor: Initializer;
  /** [rows, columns] as PyTorch has it, in place of [columns, rows]. */
  readonly isTransposed: boolean;
  readonly dtype: Dtype;
  readonly isQuantised: boolean;
}

/** Goes back from a matrix product through casts, a transposition and dequantisation to the stored weight. */
function weightBehind(index: GraphIndex, value: string, isTransposed: boolean): Weight | undefined {
  const tensor = index.model.initializers.get(value);
  if (tensor)
    return tensor.shape.length === 2
      ? { tensor, isTransposed, dtype: tensor.dtype, isQuantised: false }
      : undefined;
  const maker = index.maker(value);
  const from = maker?.inputs[0] ?? '';
  switch (maker?.op) {
    case 'Transpose':
      return weightBehind(index, from, !isTransposed);
    case 'Identity':
      return weightBehind(index, from, isTransposed);
    case 'Cast': {
      const to = maker.attributes.to;
      const found = weightBehind(index, from, isTransposed);
      const dtype = to?.kind === 'int' ? castTypes[to.value] : undefined;
      return found && dtype && { ...found, dtype };
    }
    case 'DequantizeLinear': {
      const found = weightBehind(index, from, isTransposed);
      const scale = index.constant(maker.inputs[1] ?? '');
      return found && scale && { ...found, dtype: scale.dtype, isQuantised: true };
    }
    default:
      return undefined;
  }
}

const castTypes: Readonly<Record<number, Dtype>> = { 1: 'float32', 10: 'float16', 16: 'bfloat16' };

function quantised(
  index: GraphIndex,
  node: ScannedNode,
  x: string,
  weight: string,
  y: string,
): LinearLayer | undefined {
  const shape = index.constant(weight)?.shape;
  const [columns = 0, rows = 0] = shape ?? [];
  if (shape?.length !== 2) return undefined;
  return { node, x, y, dtype: 'float32', rows, columns, names: [weight, node.name, y], weight: undefined };
}

/** DynamicQuantizeLinear → MatMulInteger → Cast → Mul: what quantisers write for int8. */
function integers(index: GraphIndex, node: ScannedNode, x: string, weight: string): LinearLayer | undefined {
  const source = index.maker(x);
  const [cast] = index.readers(node.outputs[0] ?? '');
  const [scaled] = index.readers(cast?.outputs[0] ?? '');
  if (source?.op !== 'DynamicQuantizeLinear' || cast?.op !== 'Cast' || scaled?.op !== 'Mul') return undefined;
  const found = quantised(index, scaled, source.inputs[0] ?? '', weight, scaled.outputs[0] ?? '');
  return found && { ...found, names: [...found.names, node.name] };
}
