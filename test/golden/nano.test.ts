import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../nodes/core/tensor.ts';
import { openModelFolder } from '../../nodes/inference/checkpoints/model-folder.ts';
import { readSafetensors } from '../../nodes/inference/checkpoints/safetensors.ts';
import { attentionFor } from '../../nodes/inference/ort/attention-check.ts';
import { runtimeCounters } from '../../nodes/inference/ort/counters.ts';
import { Qwen3TextEncoder } from '../../nodes/inference/qwen3/text-encoder.ts';
import { PromptTokenizer } from '../../nodes/inference/qwen3/tokenizer.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { nanoPath, nanoReferencePath } from '../support/fixture-paths.ts';
import { loadTensors, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';
import { testProviders } from '../support/webgpu.ts';

const TOLERANCE = 1e-3;

describe.each(testProviders)('the embedded model on %s', (provider) => {
  let golden: Map<string, Tensor>;
  let prompts: readonly string[];
  let tokenizer: PromptTokenizer;
  let encoder: Qwen3TextEncoder;
  let transformer: ZImageTransformer;

  beforeAll(async () => {
    const reference = nanoReferencePath('reference.safetensors');
    golden = await loadTensors(reference);
    prompts = JSON.parse((await readSafetensors(reference)).metadata.get('prompts') ?? '[]') as string[];
    tokenizer = await PromptTokenizer.open(nanoPath('tokenizer'));
    const model = await openModelFolder(nanoPath('.'));
    const settingsFor = async (heads: number, headDim: number, causal: boolean) => ({
      provider,
      weights: 'packed' as const,
      attention: await attentionFor(provider, { heads, headDim, tokens: 4608, causal }),
      forbidCpuFallback: provider === 'webgpu',
    });
    const { textEncoder: text, transformer: diffusion } = model;
    encoder = new Qwen3TextEncoder(
      text.weights,
      text.config,
      await settingsFor(text.config.heads, text.config.headDim, true),
    );
    transformer = new ZImageTransformer(
      diffusion.weights,
      diffusion.config,
      await settingsFor(diffusion.config.heads, diffusion.config.headDim, false),
    );
  });
  afterAll(async () => {
    await encoder.dispose();
    await transformer.dispose();
  });

  it.each([0, 1, 2])('turns prompt %i into the reference picture', async (i) => {
    const { ids, truncated } = tokenizer.encodePrompt(prompts[i]!);
    expect(ids).toEqual([...pick(golden, `p${i}.input_ids`).data]);
    expect(truncated).toBe(0);

    const features = await encoder.encode(ids);
    const expected = pick(golden, `p${i}.prompt_embeds`);
    expect(features.dims).toEqual(expected.dims);
    expect(maxDifference(features.data, expected.data)).toBeLessThan(TOLERANCE);

    const caption = await transformer.prepareCaption(features);
    const sigmas = pick(golden, 'sigmas').data;
    const trajectory = pick(golden, `p${i}.latents`).data;
    let latents = pick(golden, `p${i}.noise`);
    const count = latents.data.length;
    // Software GPUs are slow: there, the first steps show what the CPU shows in all.
    const steps = provider === 'cpu' ? sigmas.length - 1 : 2;
    for (let step = 0; step < steps; step++) {
      const [sigma, next] = [sigmas[step]!, sigmas[step + 1]!];
      const velocity = await transformer.velocity(latents, sigma, [caption]);
      latents = tensor(
        latents.dims,
        latents.data.map((value, j) => value + (next - sigma) * velocity.data[j]!),
      );
      const reference = trajectory.subarray(step * count, (step + 1) * count);
      expect(maxDifference(latents.data, reference)).toBeLessThan(TOLERANCE);
    }
  });

  it('runs every size, caption and batch in the sessions it has', async () => {
    const { sessionsCreated } = runtimeCounters;
    const { captionDim, inChannels } = transformer.config;
    const caption = async (tokens: number) =>
      transformer.prepareCaption(
        tensor([tokens, captionDim], new Float32Array(tokens * captionDim).fill(0.1)),
      );
    const [short, long] = [await caption(3), await caption(40)];
    const dims = [2, inChannels, 6, 10];
    const latents = tensor(
      dims,
      Float32Array.from({ length: 2 * inChannels * 60 }, (_, i) => Math.sin(i)),
    );
    const together = await transformer.velocity(latents, 0.5, [short, long]);
    expect(together.dims).toEqual(dims);

    const half = latents.data.length / 2;
    for (const [image, own] of [short, long].entries()) {
      const part = (all: Float32Array) => all.subarray(image * half, (image + 1) * half);
      const alone = await transformer.velocity(tensor([1, ...dims.slice(1)], part(latents.data)), 0.5, [own]);
      expect(maxDifference(alone.data, part(together.data))).toBeLessThan(1e-5);
    }
    expect(runtimeCounters.sessionsCreated).toBe(sessionsCreated);
  });

  it('refuses latents and captions of another model', async () => {
    const features = tensor([3, transformer.config.captionDim + 1]);
    await expect(transformer.prepareCaption(features)).rejects.toThrow('this model takes [tokens, 128]');
    const caption = await transformer.prepareCaption(tensor([3, transformer.config.captionDim]));
    const odd = tensor([1, transformer.config.inChannels, 5, 4]);
    await expect(transformer.velocity(odd, 1, [caption])).rejects.toThrow('even');
  });
});
