import { createHash } from 'node:crypto';
import type { PartKind } from '../checkpoints/architecture.ts';
import { byteLengthOf, headerOf, type TensorEntry } from '../checkpoints/safetensors-writer.ts';
import type { BlockSource, NetworkWeights, WeightSource, Weights } from '../checkpoints/weights.ts';
import { type BlockFormat, blockShapes, fitsBlocks } from './quantise.ts';

/** What weights are converted to. */
export type ConversionTarget =
  | { readonly kind: 'half' }
  /** `scales`: the type the graph computes in, which MatMulNBits wants its scales in. */
  | { readonly kind: 'blocks'; readonly format: BlockFormat; readonly scales: 'F32' | 'F16' };

/** One weight that is converted: where it comes from, and where its parts lie in the new file. */
export interface ConversionUnit {
  readonly name: string;
  readonly source: WeightSource;
  readonly parts: readonly PlacedTensor[];
}

/** A tensor of the new file; `offset` counts from the start of the file. */
export interface PlacedTensor extends TensorEntry {
  readonly offset: number;
  readonly byteLength: number;
}

/** Everything about a conversion that is known before a byte is read. */
export interface Conversion {
  /** Same key, same bytes. */
  readonly key: string;
  readonly target: ConversionTarget;
  readonly units: readonly ConversionUnit[];
  readonly header: Uint8Array<ArrayBuffer>;
  readonly fileBytes: number;
  /** The weights with the converted ones in `file`, all others where they are. */
  readonly weightsIn: (file: string) => NetworkWeights;
}

/** Changes with every change of what is written for the same weights. */
const VERSION = 1;

/** Linear layers of the blocks, where nearly all weights are; modulation, embedders and final layer stay. */
const quantised: Readonly<Record<PartKind, RegExp | undefined>> = {
  transformer: /\.(attention\.(to_[qkv]|to_out\.0)|feed_forward\.w[123])\.weight$/,
  'text-encoder': /\.(self_attn|mlp)\.[a-z]+_proj\.weight$/,
  // Convolutions, and small.
  vae: undefined,
};

/** Rows of the embedding table are read from its file one by one; it is no weight of the graph. */
const outsideGraph = /(^|\.)embed_tokens\.weight$/;

/**
 * Plans the conversion of a part.
 * @param sourceId tells this content of the files from every other, such as its sha256
 */
export function planConversion(
  part: PartKind,
  weights: Weights,
  sourceId: string,
  target: ConversionTarget,
): Conversion {
  const chosen = [...weights].filter(([name, source]) => isConverted(part, name, source, target));
  const entries = chosen.map(([name, source]) => ({
    name,
    source,
    tensors: tensorsOf(name, source, target),
  }));
  const metadata = new Map([['format', 'kronode-weights']]);
  const header = headerOf(
    entries.flatMap(({ tensors }) => tensors),
    metadata,
  );
  let offset = header.length;
  const units = entries.map(({ name, source, tensors }): ConversionUnit => {
    const parts = tensors.map((tensor): PlacedTensor => {
      const byteLength = byteLengthOf(tensor);
      const placed = { ...tensor, offset, byteLength };
      offset += byteLength;
      return placed;
    });
    return { name, source, parts };
  });
  const identity = { VERSION, part, sourceId, target, header: Buffer.from(header).toString('latin1') };
  return {
    key: createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32),
    target,
    units,
    header,
    fileBytes: offset,
    weightsIn: (file) =>
      new Map([
        ...weights,
        ...units.map((unit) => [unit.name, convertedSource(unit, target, file)] as const),
      ]),
  };
}

function isConverted(part: PartKind, name: string, source: WeightSource, target: ConversionTarget): boolean {
  if (target.kind === 'half') return source.dtype !== 'F16' && isInGraph(name);
  return isQuantised(part, name, source, target.format);
}

/** Whether a graph reads this weight. */
export const isInGraph = (name: string): boolean => !outsideGraph.test(name);

/** Whether a weight is kept in blocks where its part is quantised. */
export function isQuantised(
  part: PartKind,
  name: string,
  { shape }: WeightSource,
  format: BlockFormat,
): boolean {
  return (quantised[part]?.test(name) ?? false) && fitsBlocks(shape[1] ?? 0, format);
}

function tensorsOf(name: string, { shape }: WeightSource, target: ConversionTarget): TensorEntry[] {
  if (target.kind === 'half') return [{ name, dtype: 'F16', shape }];
  const [rows = 0, columns = 0] = shape;
  const { codes, scales, zeroPoints } = blockShapes(rows, columns, target.format);
  return [
    { name: `${name}.scales`, dtype: target.scales, shape: scales },
    { name: `${name}.codes`, dtype: 'U8', shape: codes },
    { name: `${name}.zero_points`, dtype: 'U8', shape: zeroPoints },
  ];
}

function convertedSource(
  { source, parts }: ConversionUnit,
  target: ConversionTarget,
  file: string,
): WeightSource | BlockSource {
  const [first, second, third] = parts.map(
    ({ dtype, shape, offset, byteLength }): WeightSource => ({ dtype, shape, file, offset, byteLength }),
  );
  if (target.kind === 'half' && first) return first;
  const [rows = 0, columns = 0] = source.shape;
  if (target.kind !== 'blocks' || !first || !second || !third)
    throw new Error('A converted weight lacks a part.');
  return { ...target.format, shape: [rows, columns], scales: first, codes: second, zeroPoints: third };
}
