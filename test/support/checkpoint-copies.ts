import { readSafetensors, readTensor } from '../../nodes/inference/checkpoints/safetensors.ts';
import {
  type TensorToWrite,
  writeSafetensors,
} from '../../nodes/inference/checkpoints/safetensors-writer.ts';

/** A float32 tensor held in memory. */
export interface PlainTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const float32Tensor = ({ name, shape, values }: PlainTensor): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape,
  data: () => [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
});

/** Every tensor of a file, widened to float32. */
export async function readAll(file: string): Promise<Map<string, PlainTensor>> {
  const all = new Map<string, PlainTensor>();
  for (const [name, source] of (await readSafetensors(file)).tensors) {
    all.set(name, { name, shape: source.shape, values: await readTensor(source) });
  }
  return all;
}

const concatenated = (parts: readonly PlainTensor[], name: string): PlainTensor => {
  const [first] = parts;
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  return { name, shape: [rows, ...first!.shape.slice(1)], values };
};

/** Z-Image weights under diffusers names → the names and fused matrices of ComfyUI's single files. */
export function zimageInComfyNames(weights: ReadonlyMap<string, PlainTensor>, prefix = ''): PlainTensor[] {
  const renamed: PlainTensor[] = [];
  for (const [name, tensor] of weights) {
    if (/\.to_[kv]\.weight$/.test(name)) continue;
    if (name.endsWith('.to_q.weight')) {
      const parts = ['q', 'k', 'v'].map((letter) => weights.get(name.replace('.to_q.', `.to_${letter}.`))!);
      renamed.push(concatenated(parts, prefix + name.replace('.to_q.', '.qkv.')));
      continue;
    }
    const comfy = name
      .replace('all_x_embedder.2-1.', 'x_embedder.')
      .replace('all_final_layer.2-1.', 'final_layer.')
      .replace('.to_out.0.', '.out.')
      .replace('.norm_q.', '.q_norm.')
      .replace('.norm_k.', '.k_norm.');
    renamed.push({ ...tensor, name: prefix + comfy });
  }
  return renamed;
}

/** Autoencoder weights under diffusers names → latent-diffusion's names, attention as 1 × 1 convolutions. */
export function vaeInLdmNames(weights: ReadonlyMap<string, PlainTensor>, prefix = ''): PlainTensor[] {
  const last = Math.max(
    ...[...weights.keys()].map((name) => Number(/^decoder\.up_blocks\.(\d+)/.exec(name)?.[1] ?? 0)),
  );
  return [...weights.values()].map(({ name, shape, values }) => {
    const linear = /attentions\.0\.to_.*weight$/.test(name);
    const ldm = name
      .replace(/up_blocks\.(\d+)/, (_, index: string) => `up.${last - Number(index)}`)
      .replace('down_blocks', 'down')
      .replace('mid_block.resnets.0', 'mid.block_1')
      .replace('mid_block.resnets.1', 'mid.block_2')
      .replace('mid_block.attentions.0', 'mid.attn_1')
      .replace('resnets', 'block')
      .replace('upsamplers.0', 'upsample')
      .replace('downsamplers.0', 'downsample')
      .replace('conv_shortcut', 'nin_shortcut')
      .replace('conv_norm_out', 'norm_out')
      .replace('group_norm', 'norm')
      .replace('to_out.0', 'proj_out')
      .replace(/attn_1\.to_([qkv])/, 'attn_1.$1');
    return { name: prefix + ldm, shape: linear ? [...shape, 1, 1] : shape, values };
  });
}

export const writeCopy = (path: string, tensors: readonly PlainTensor[]): Promise<void> =>
  writeSafetensors(path, tensors.map(float32Tensor));
