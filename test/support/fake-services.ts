import { resolve } from 'node:path';
import { UserError } from '../../nodes/core/errors.ts';
import { DEFAULT_NAME_PATTERN } from '../../nodes/core/output-name.ts';
import { elementCount, type Tensor, tensor } from '../../nodes/core/tensor.ts';
import type { Image, Latent } from '../../nodes/core/values.ts';
import type { CreateServices } from '../../nodes/host/local-worker.ts';
import { encodePreview } from '../../nodes/inference/images/encode-picture.ts';
import { resizeLatent } from '../../nodes/inference/images/latent-resize.ts';
import { PictureFolders } from '../../nodes/inference/services/picture-folders.ts';
import { createPictureService } from '../../nodes/inference/services/picture-service.ts';

interface FakeOptions {
  /** What one sampling step takes. */
  readonly stepMilliseconds: number;
}

const part = (name: string) => ({
  file: { name, sha256: '0'.repeat(64) },
  layout: 'fake/single',
});

/** A number that depends on every letter. */
const hashOf = (text: string): number => {
  let hash = 2_166_136_261;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return hash;
};

/** Evenly spread numbers from 0 to 1 that depend on a seed only. */
function fill(dims: readonly number[], seed: number): Tensor {
  const data = new Float32Array(elementCount(dims));
  let state = seed >>> 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = state / 2 ** 32;
  }
  return tensor(dims, data);
}

/** A picture that runs from one colour to another, both told by `seed`. */
function gradient(width: number, height: number, seed: number): Image {
  const data = new Float32Array(width * height * 3);
  const colour = [(seed & 255) / 255, ((seed >> 8) & 255) / 255, ((seed >> 16) & 255) / 255];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const along = c === 1 ? y / height : x / width;
        data[(y * width + x) * 3 + c] = along * (colour[c] ?? 0) + (1 - along) * (1 - (colour[c] ?? 0));
      }
  return { pixels: tensor([1, height, width, 3], data) };
}

const stack = (images: readonly Image[], width: number, height: number): Image => {
  const data = new Float32Array(images.length * width * height * 3);
  for (const [i, image] of images.entries()) data.set(image.pixels.data, i * width * height * 3);
  return { pixels: tensor([images.length, height, width, 3], data) };
};

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** What some prompts make the fake sampler do at its third step. */
const MISDEEDS: Readonly<Record<string, () => void>> = {
  crash: () => process.kill(process.pid, 'SIGKILL'),
  hang: () => {
    const end = performance.now() + 60_000;
    while (performance.now() < end) Math.random();
  },
  fail: () => {
    throw new UserError('The fake sampler was told to fail.', { hint: 'Write another prompt.' });
  },
  defect: () => {
    throw new TypeError('secret internals');
  },
};

/**
 * Services that answer at once and always the same, for tests of everything around them: sampling
 * reports steps with previews, decoding gives a gradient whose colours depend on prompt and seed. The
 * prompts `crash`, `hang`, `fail` and `defect` do that in the middle of sampling.
 */
export const createFakeServices =
  ({ stepMilliseconds }: FakeOptions): CreateServices =>
  async ({
    pictureFolders,
    outputFolder,
    provider,
    networkBytes,
    namePattern = () => DEFAULT_NAME_PATTERN,
  }) => {
    if (provider === 'cuda')
      throw new UserError('cuda cannot be used here.', { hint: 'Choose auto or cpu.' });
    const folders = new PictureFolders(pictureFolders);
    const counters = { sessionsCreated: 1, runs: 0 };
    let converted = { files: 2, bytes: 3000, isConverting: false };
    return {
      provider: { name: 'cpu', reason: 'fake' },
      status: () => ({ counters, residents: [] }),
      dispose: async () => undefined,
      modelCards: async () => [
        {
          name: 'nano',
          kinds: ['model'],
          bytes: 1000,
          layouts: ['fake/single'],
          dtypes: ['F32'],
          missing: [],
        },
      ],
      modelPath: async (name) => resolve(name),
      device: async () => ({
        provider: 'cpu',
        reason: 'fake',
        providers: [{ name: 'cpu' }],
        memory: { totalBytes: 4e9, freeBytes: 1e9, networkBytes: 0, budgetBytes: networkBytes ?? 1e9 },
        residents: [],
      }),
      forecast: async () => ({
        needBytes: 1000,
        fits: true,
        keeps: 'all',
        tileBytes: 1000,
        readsFromDisk: false,
        message: 'Needs little.',
        hint: undefined,
      }),
      selfTest: async () => ({ provider: 'cpu', verdict: 'right', error: 0 }),
      convertedWeights: async () => converted,
      clearConvertedWeights: async () => {
        converted = { files: 0, bytes: 0, isConverting: false };
      },
      pictures: createPictureService(folders, resolve(outputFolder), namePattern),
      models: {
        list: async (kind) => (kind === 'image' ? folders.list() : [{ kind, name: 'nano', bytes: 1000 }]),
        fingerprint: async (kind, name) => `${kind} ${name}`,
        open: async ({ model }) => ({
          model: { part: part(model), adapters: [], shift: 3 },
          textEncoder: { part: part(model) },
          vae: { part: part(model), scalingFactor: 1, shiftFactor: 0, latentChannels: 16 },
          notices: [],
        }),
        openAdapter: async (_model, name) => ({ file: part(name).file, notices: [] }),
      },
      adapters: {
        blocks: async () => ['layers.0', 'layers.1', 'layers.2'],
        inspect: async () => ({ modules: [], unmatchedKeys: [], misfits: [], notices: [] }),
        bake: async (_model, name) => ({ name: `${name}.safetensors`, bytes: 1000 }),
      },
      text: {
        encode: async (_encoder, prompt) => ({
          caption: { text: prompt, features: fill([4, 8], hashOf(prompt)) },
          truncated: 0,
        }),
      },
      diffusion: {
        schedule: ({ steps }) => Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps),
        drawNoise: ({ seeds }, dims) => fill(dims, Number(BigInt.asUintN(32, seeds[0] ?? 0n))),
        resizeLatent,
        async sample({ model, positive, latent, noise, sigmas }, { signal, onStep }): Promise<Latent> {
          const prompt = positive.captions[0]?.text ?? '';
          const total = sigmas.length - 1;
          const adapters = model.adapters.map(({ strength }) => ` ${strength}`).join('');
          const seed = hashOf(`${prompt} ${noise.seeds.join()}${adapters}`);
          for (let done = 1; done <= total; done++) {
            const startedAt = performance.now();
            await pause(stepMilliseconds, signal);
            signal.throwIfAborted();
            if (done === 3) MISDEEDS[prompt]?.();
            counters.runs++;
            onStep({
              done,
              total,
              milliseconds: performance.now() - startedAt,
              preview: () => encodePreview(gradient(32, 32, seed + done), 32),
            });
          }
          return { ...latent, samples: fill(latent.samples.dims, seed) };
        },
      },
      autoencoder: {
        async decode(_vae, { samples }) {
          const [batch = 1, , height = 0, width = 0] = samples.dims;
          const [wide, high] = [width * 8, height * 8];
          const seed = Math.floor((samples.data[0] ?? 0) * 2 ** 24);
          const images = Array.from({ length: batch }, (_, i) => gradient(wide, high, seed + i * 7919));
          return { image: stack(images, wide, high), report: { tiles: 1, extraWork: 0 } };
        },
        async encode(vae, { pixels }) {
          const [batch = 1, height = 0, width = 0] = pixels.dims;
          const dims = [batch, vae.latentChannels, height / 8, width / 8];
          return {
            latent: { samples: fill(dims, 1), channels: vae.latentChannels },
            report: { tiles: 1, extraWork: 0 },
          };
        },
      },
    };
  };
