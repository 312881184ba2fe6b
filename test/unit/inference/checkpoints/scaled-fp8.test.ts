import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bake } from '../../../../nodes/inference/adapters/bake.ts';
import { liveAdapter } from '../../../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { toFloat32 } from '../../../../nodes/inference/checkpoints/float-conversion.ts';
import { type OpenedPart, openPart } from '../../../../nodes/inference/checkpoints/model-folder.ts';
import { readSafetensors, readTensor } from '../../../../nodes/inference/checkpoints/safetensors.ts';
import {
  type TensorToWrite,
  writeSafetensors,
} from '../../../../nodes/inference/checkpoints/safetensors-writer.ts';
import { ZImageTransformer } from '../../../../nodes/inference/zimage/transformer.ts';
import {
  type PlainTensor,
  readAll,
  writeCopy,
  zimageInComfyNames,
} from '../../../support/checkpoint-copies.ts';
import { goldenPath } from '../../../support/fixture-paths.ts';
import { loadGolden, pick } from '../../../support/golden.ts';
import { maxDifference } from '../../../support/max-difference.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

type Eight = 'F8_E4M3' | 'F8_E5M2';
/** Exponent bits, mantissa bits and bias of the OCP 8-bit formats. */
const formats = { F8_E4M3: [4, 3, 7], F8_E5M2: [5, 2, 15] } as const;

/** The value of one code, written out from the format's definition. */
function codeValue(format: Eight, code: number): number {
  const [exponentBits, mantissaBits, bias] = formats[format];
  const bits = code.toString(2).padStart(8, '0');
  const exponent = Number.parseInt(bits.slice(1, 1 + exponentBits), 2);
  const mantissa = Number.parseInt(bits.slice(1 + exponentBits), 2);
  const sign = bits.startsWith('1') ? -1 : 1;
  // E4M3 has no infinities; only the very last code of each sign is NaN.
  if (format === 'F8_E4M3' && bits.slice(1) === '1111111') return Number.NaN;
  if (format === 'F8_E5M2' && exponent === 31)
    return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const fraction = mantissa / 2 ** mantissaBits;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const tableOf = (format: Eight) => Float64Array.from({ length: 256 }, (_, code) => codeValue(format, code));

/** Finite values in ascending order, each with its code. */
const finiteCodes = Object.fromEntries(
  (['F8_E4M3', 'F8_E5M2'] as const).map((format) => [
    format,
    [...tableOf(format).entries()]
      .filter(([, value]) => Number.isFinite(value))
      .sort(([, a], [, b]) => a - b),
  ]),
);

/** Codes nearest to values / scale. */
function encode(values: Float32Array, format: Eight, scale: number): Uint8Array {
  const finite = finiteCodes[format]!;
  return Uint8Array.from(values, (value) => {
    const wanted = value / scale;
    let [low, high] = [0, finite.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (finite[middle]![1] <= wanted) low = middle;
      else high = middle;
    }
    const nearer = wanted - finite[low]![1] < finite[high]![1] - wanted ? low : high;
    return finite[nearer]![0];
  });
}

describe.each(['F8_E4M3', 'F8_E5M2'] as const)('%s', (format) => {
  test('every code has the value its bits say', () => {
    const decoded = new Float32Array(256);
    toFloat32(
      format,
      Uint8Array.from({ length: 256 }, (_, code) => code),
      decoded,
      0,
    );
    expect([...decoded]).toEqual([...tableOf(format)]);
  });
});

const plain = await readAll(goldenPath('zimage-transformer-tiny/diffusion_pytorch_model.safetensors'));
const tiny = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
const square = await loadGolden('zimage-transformer-tiny/square-16x16-cap21.safetensors');
const isLinear = ({ name, shape }: PlainTensor) =>
  shape.length === 2 && shape[0]! > 1 && name.endsWith('.weight') && !name.includes('embedder');

interface Naming {
  readonly format?: Eight;
  readonly prefix?: string;
  readonly scaleName?: string;
  readonly scaled?: boolean;
  /** One scale for each row, in this many axes. */
  readonly perRow?: 1 | 2;
  readonly extra?: (name: string) => readonly TensorToWrite[];
}

/** ComfyUI's scaled fp8 file of the tiny transformer, and the same values as plain float32. */
async function fp8Copy({
  format = 'F8_E4M3',
  prefix = '',
  scaleName = 'scale_weight',
  scaled = true,
  perRow,
  extra,
}: Naming = {}) {
  const folder = await tempFolder();
  const [eight, wide] = [join(folder, 'eight.safetensors'), join(folder, 'wide.safetensors')];
  const written: TensorToWrite[] = [];
  const dequantised: PlainTensor[] = [];
  const table = tableOf(format);
  const float = (name: string, shape: readonly number[], values: Float32Array): TensorToWrite => ({
    name,
    dtype: 'F32',
    shape,
    data: () => [new Uint8Array(values.buffer)],
  });
  for (const tensor of zimageInComfyNames(plain, prefix)) {
    if (!isLinear(tensor)) {
      written.push(float(tensor.name, tensor.shape, Float32Array.from(tensor.values)));
      dequantised.push(tensor);
      continue;
    }
    const rows = perRow ? tensor.shape[0]! : 1;
    const length = tensor.values.length / rows;
    const scales = Float32Array.from({ length: rows }, (_, row) => {
      const own = tensor.values.slice(row * length, (row + 1) * length);
      return scaled ? own.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 200 : 1;
    });
    const codes = Uint8Array.from(
      Array.from(scales, (scale, row) => [
        ...encode(Float32Array.from(tensor.values.slice(row * length, (row + 1) * length)), format, scale),
      ]).flat(),
    );
    written.push({ name: tensor.name, dtype: format, shape: tensor.shape, data: () => [codes] });
    const base = tensor.name.replace(/weight$/, '');
    const scaleShape = perRow ? [rows, 1].slice(0, perRow) : [];
    if (scaled) written.push(float(base + scaleName, scaleShape, scales));
    if (scaled) written.push(...(extra?.(base) ?? []));
    dequantised.push({
      ...tensor,
      values: Float32Array.from(codes, (code, i) =>
        Math.fround(table[code]! * scales[Math.floor(i / length)]!),
      ),
    });
  }
  if (scaled) written.push({ name: `${prefix}scaled_fp8`, dtype: format, shape: [0], data: () => [] });
  await writeSafetensors(eight, written);
  await writeCopy(wide, dequantised);
  return { eight, wide };
}

async function velocity(part: OpenedPart<'transformer'>, weights: 'packed' | 'mapped' = 'packed') {
  const network = new ZImageTransformer(part.weights, tiny.config, {
    provider: 'cpu',
    weights,
    attention: { kind: 'fused' },
  });
  const caption = await network.prepareCaption(pick(square, 'cap_feats.0'));
  const { data } = await network.velocity(pick(square, 'latents'), 0.7, [caption]);
  await network.dispose();
  return data;
}

describe('scaled fp8 files', () => {
  test.each<[string, Naming]>([
    ['as ComfyUI writes them', {}],
    ['in E5M2', { format: 'F8_E5M2' }],
    [
      'with a prefix and input scales',
      {
        prefix: 'model.diffusion_model.',
        extra: (base) => [
          { name: `${base}scale_input`, dtype: 'F32', shape: [], data: () => [new Uint8Array(4)] },
        ],
      },
    ],
    ['under the other name', { scaleName: 'weight_scale' }],
    ['without scales', { scaled: false }],
    ['with a scale for each row', { perRow: 1 }],
    [
      'with a scale for each row, as compressed-tensors writes them',
      { perRow: 2, scaleName: 'weight_scale' },
    ],
  ])('%s compute what their values say', async (_, naming) => {
    const { eight, wide } = await fp8Copy(naming);
    const part = await openPart(eight, 'transformer');
    expect(part.unusedKeys).toEqual([]);
    const expected = await velocity(await openPart(wide, 'transformer'));
    expect(maxDifference(await velocity(part), expected)).toBeLessThan(2e-5);
    expect(maxDifference(await velocity(part, 'mapped'), expected)).toBeLessThan(2e-5);
  });

  test.each<Naming>([{}, { perRow: 2 }])(
    'one weight read alone is scaled, rows of it too (%o)',
    async (naming) => {
      const { eight, wide } = await fp8Copy(naming);
      const [part, reference] = [await openPart(eight, 'transformer'), await openPart(wide, 'transformer')];
      const name = 'layers.1.attention.to_k.weight';
      const source = part.weights.get(name)!;
      const expected = await readTensor(reference.weights.get(name)!);
      expect(maxDifference(await readTensor(source), expected)).toBe(0);
      const row = await readTensor(source, { rows: [5] });
      expect(maxDifference(row, expected.subarray(5 * 128, 6 * 128))).toBe(0);
    },
  );

  test('baked, the changed weights lose their scale and keep their values', async () => {
    const { eight, wide } = await fp8Copy();
    const [part, reference] = [await openPart(eight, 'transformer'), await openPart(wide, 'transformer')];
    const file = goldenPath('adapters-zimage-tiny/lokr-aitoolkit-full-bf16.safetensors');
    const adapter = await readAdapter(file, part.weights);
    const to = join(await tempFolder(), 'baked.safetensors');
    await bake({ model: part, adapters: [{ adapter, strength: 1 }], to, recipe: 'test' });
    const baked = await openPart(to, 'transformer');
    expect(baked.unusedKeys).toEqual([]);
    const network = new ZImageTransformer(reference.weights, tiny.config, {
      provider: 'cpu',
      weights: 'packed',
      attention: { kind: 'fused' },
      adapters: [await liveAdapter(adapter, reference.weights)],
    });
    const caption = await network.prepareCaption(pick(square, 'cap_feats.0'), [{ strength: 1 }]);
    const live = await network.velocity(pick(square, 'latents'), 0.7, [caption], [{ strength: 1 }]);
    await network.dispose();
    // Merged weights are stored as bf16.
    expect(maxDifference(await velocity(baked), live.data)).toBeLessThan(0.1);
    expect((await readSafetensors(to)).tensors.has('layers.0.attention.qkv.scale_weight')).toBe(false);
  });

  test('scales of another form are refused, not ignored', async () => {
    const folder = await tempFolder();
    const file = join(folder, 'blocks.safetensors');
    const { eight } = await fp8Copy();
    const { tensors } = await readSafetensors(eight);
    const written = [...tensors].map(([name, source]): TensorToWrite => {
      const shape = name === 'layers.0.attention.qkv.scale_weight' ? [384, 2] : source.shape;
      const bytes = shape === source.shape ? source.byteLength : 384 * 2 * 4;
      return { name, dtype: source.dtype, shape, data: () => [new Uint8Array(bytes)] };
    });
    await writeSafetensors(file, written);
    await expect(openPart(file, 'transformer')).rejects.toThrow(
      /quantised weights \(it has "layers.0.attention.qkv.scale_weight"/,
    );
  });
});
