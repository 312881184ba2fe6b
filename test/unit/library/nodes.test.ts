import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { tensor } from '../../../nodes/core/tensor.ts';
import type { Latent, NoiseRecipe, SamplerChoice } from '../../../nodes/core/values.ts';
import type { RunContext } from '../../../nodes/execution/context.ts';
import type { SampleRequest } from '../../../nodes/execution/services.ts';
import imageGrid from '../../../nodes/library/images/image-grid.ts';
import emptyLatent from '../../../nodes/library/latents/empty-latent.ts';
import resizeLatent from '../../../nodes/library/latents/resize-latent.ts';
import encodePrompt from '../../../nodes/library/prompts/encode-prompt.ts';
import zeroConditioning from '../../../nodes/library/prompts/zero-conditioning.ts';
import noiseNode from '../../../nodes/library/sampling/noise.ts';
import sample from '../../../nodes/library/sampling/sample.ts';
import sigmaList from '../../../nodes/library/sampling/sigma-list.ts';
import seedList from '../../../nodes/library/values/seed-list.ts';

/** A context that remembers what it was told; only the services given are there. */
function fakeContext(services: object = {}) {
  const told: { notices: string[]; facts: unknown[] } = { notices: [], facts: [] };
  const context = {
    signal: new AbortController().signal,
    services,
    progress: () => undefined,
    notice: (message: string) => told.notices.push(message),
    record: (fact: unknown) => told.facts.push(fact),
  } as unknown as RunContext;
  return { context, told };
}

const part = { file: { name: 'nano', sha256: '00' }, layout: 'x' };
const caption = (tokens: number) => ({
  text: 'x',
  features: tensor([tokens, 4], new Float32Array(tokens * 4).fill(1)),
});

describe('Empty latent', () => {
  it('has the shape of its pictures, sides in steps of 16', () => {
    const at = (width: number, height: number, batch: number) =>
      emptyLatent.run(fakeContext().context, { width, height, batch }) as { latent: Latent };
    expect(at(128, 64, 2).latent.samples.dims).toEqual([2, 16, 8, 16]);
    expect(at(100, 16, 1).latent.samples.dims).toEqual([1, 16, 2, 12]);
    expect(() => at(8192, 8192, 17)).toThrow(UserError);
  });
});

describe('Resize latent', () => {
  it('asks for a size in latent pixels', async () => {
    let asked: unknown;
    const diffusion = {
      resizeLatent: (latent: Latent, size: unknown, method: string) => {
        asked = { size, method };
        return latent;
      },
    };
    const latent: Latent = { samples: tensor([1, 16, 2, 2]), channels: 16 };
    await resizeLatent.run(fakeContext({ diffusion }).context, {
      latent,
      width: 128,
      height: 64,
      method: 'nearest',
    });
    expect(asked).toEqual({ size: { width: 16, height: 8 }, method: 'nearest' });
  });
});

describe('Encode prompt', () => {
  const text = {
    encode: async (_: unknown, prompt: string) => ({
      caption: { ...caption(2), text: prompt },
      truncated: prompt.length > 10 ? 3 : 0,
    }),
  };
  const encode = async (prompts: 'one' | 'one per line', prompt: string) => {
    const { context, told } = fakeContext({ text });
    const { conditioning } = await encodePrompt.run(context, {
      text_encoder: { part },
      text: prompt,
      prompts,
    });
    return { texts: conditioning.captions.map((each) => each.text), told };
  };

  it('takes the text as one prompt, or every line that is not empty as one', async () => {
    expect((await encode('one', 'a\n\nb')).texts).toEqual(['a\n\nb']);
    expect((await encode('one per line', 'a\n \nb')).texts).toEqual(['a', 'b']);
    expect((await encode('one per line', '')).texts).toEqual(['']);
  });

  it('says what was left out, and notes prompts and encoder', async () => {
    const { told } = await encode('one', 'a very long prompt');
    expect(told.notices).toEqual([
      'The prompt is 3 tokens too long; its end was left out: “a very long prompt…”',
    ]);
    expect(told.facts).toEqual([
      { kind: 'prompt', text: 'a very long prompt' },
      { kind: 'text-encoder', file: part.file },
    ]);
  });
});

describe('Zero conditioning', () => {
  it('keeps the shape and nothing else, without touching what it was given', () => {
    const given = { captions: [caption(3)] };
    const { conditioning } = zeroConditioning.run(fakeContext().context, { conditioning: given }) as {
      conditioning: typeof given;
    };
    expect(conditioning.captions).toEqual([{ text: '', features: tensor([3, 4]) }]);
    expect(given.captions[0]!.features.data[0]).toBe(1);
  });
});

describe('Noise', () => {
  it('has a variation only where there is some', () => {
    const draw = (variation: number) =>
      (
        noiseNode.run(fakeContext().context, {
          seed: [1n, 2n],
          generator: 'cuda',
          variation,
          variation_seed: [9n],
        }) as { noise: NoiseRecipe }
      ).noise;
    expect(draw(0)).toEqual({ generator: 'cuda', seeds: [1n, 2n] });
    expect(draw(0.3)).toEqual({ generator: 'cuda', seeds: [1n, 2n], variation: { seed: 9n, strength: 0.3 } });
  });
});

describe('Seed list', () => {
  it('counts up and wraps around at the end', () => {
    const { seeds, labels } = seedList.run(fakeContext().context, { first: [2n ** 64n - 1n], count: 2 }) as {
      seeds: readonly bigint[];
      labels: string;
    };
    expect(seeds).toEqual([2n ** 64n - 1n, 0n]);
    expect(labels).toBe('seed 18446744073709551615\nseed 0');
  });
});

describe('Sigma list', () => {
  it.each([
    [[1], 'at least two sigmas'],
    [[1, 0.5, 0.5, 0], 'Sigmas must go down: number 3 is 0.5 after 0.5.'],
    [[0, 1], 'number 2 is 1 after 0'],
  ])('refuses %j', (sigmas, message) => {
    expect(() => sigmaList.run(fakeContext().context, { sigmas })).toThrow(message);
  });

  it('passes on what goes down', () => {
    expect(sigmaList.run(fakeContext().context, { sigmas: [1, 0.5] })).toEqual({ sigmas: [1, 0.5] });
  });
});

describe('Image grid', () => {
  const layout = async (count: number, columns: number, labels: string) => {
    let asked: { columns: number; labels: readonly string[] } | undefined;
    const pictures = {
      grid: async (image: unknown, options: typeof asked) => {
        asked = options;
        return image;
      },
    };
    await imageGrid.run(fakeContext({ pictures }).context, {
      image: { pixels: tensor([count, 1, 1, 3]) },
      columns,
      gap: 0,
      labels,
    });
    return asked;
  };

  it('is as square as it can be unless told otherwise', async () => {
    expect((await layout(5, 0, ''))?.columns).toBe(3);
    expect((await layout(5, 2, ''))?.columns).toBe(2);
  });

  it('keeps the label of every picture in its place', async () => {
    expect((await layout(3, 0, ' \n'))?.labels).toEqual([]);
    expect((await layout(3, 0, 'one\n\nthree\n'))?.labels).toEqual(['one', '', 'three']);
    expect((await layout(2, 0, 'one\r\ntwo'))?.labels).toEqual(['one', 'two']);
  });
});

describe('Sample', () => {
  const latent: Latent = { samples: tensor([2, 16, 2, 2]), channels: 16 };
  const inputs = {
    model: { part, adapters: [{ file: { name: 'glossy', sha256: '1' }, strength: 1 }], shift: 3 },
    positive: { captions: [caption(2)] },
    negative: undefined,
    latent,
    noise: { generator: 'cpu' as const, seeds: [1n] },
    sigmas: [1, 0],
    sampler: undefined,
    guidance: 1,
    guidance_normalization: 0,
    guidance_truncation: 1,
  };
  const run = async (
    changes: Partial<Omit<typeof inputs, 'negative' | 'sampler'>> & {
      negative?: unknown;
      sampler?: SamplerChoice;
    } = {},
  ) => {
    let asked: SampleRequest | undefined;
    const diffusion = {
      sample: async (request: SampleRequest) => {
        asked = request;
        return request.latent;
      },
    };
    const { context, told } = fakeContext({ diffusion });
    await sample.run(context, { ...inputs, ...changes } as Parameters<typeof sample.run>[1]);
    return { asked, told };
  };

  it('uses Euler unless told otherwise, and notes what was used', async () => {
    const { asked, told } = await run({ noise: { generator: 'cpu', seeds: [1n, 2n ** 64n - 1n] } });
    expect(asked?.sampler).toEqual({ name: 'euler' });
    expect(told.facts).toEqual([
      { kind: 'model', file: part.file },
      { kind: 'adapter', file: { name: 'glossy', sha256: '1' }, strength: 1 },
      {
        kind: 'sampling',
        sampler: { name: 'euler' },
        sigmas: [1, 0],
        seeds: ['1', '18446744073709551615'],
        generator: 'cpu',
        guidance: 1,
      },
    ]);
    expect((await run({ sampler: { name: 'heun' } })).asked?.sampler.name).toBe('heun');
  });

  it.each([
    [
      'prompts',
      { positive: { captions: [caption(1), caption(1), caption(1)] } },
      'positive holds 3 prompts, but the latent holds 2 pictures.',
    ],
    [
      'negative prompts',
      { negative: { captions: [caption(1), caption(1), caption(1)] } },
      'negative holds 3 prompts',
    ],
    [
      'seeds',
      { noise: { generator: 'cpu' as const, seeds: [1n, 2n, 3n] } },
      'There are 3 seeds for 2 pictures.',
    ],
    ['guidance without a negative', { guidance: 3 }, 'Guidance 3 needs a negative prompt.'],
  ])('refuses %s that do not fit', async (_, changes, message) => {
    await expect(run(changes)).rejects.toThrow(message);
    await expect(run(changes)).rejects.toBeInstanceOf(UserError);
  });
});
