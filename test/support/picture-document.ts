import type { Document } from '../../nodes/document/schema.ts';
import { buildDocument } from './build-document.ts';

/** A prompt becomes a picture, which is saved or only shown. */
export function pictureDocument(
  prompt: string,
  options: {
    readonly steps?: number;
    readonly seed?: number;
    readonly save?: string;
    readonly side?: number;
    readonly title?: string;
  } = {},
): Document {
  const { steps = 4, seed = 1, save, side = 64, title } = options;
  const document = buildDocument(
    {
      model: { type: 'models.load', inputs: { model: 'nano' } },
      prompt: { type: 'prompts.encode', inputs: { text: prompt } },
      size: { type: 'latents.empty', inputs: { width: side, height: side, batch: 1 } },
      noise: { type: 'sampling.noise', inputs: { seed: [String(seed)] } },
      schedule: { type: 'sampling.schedule', inputs: { schedule: 'zimage', steps } },
      sample: { type: 'sampling.sample' },
      decode: { type: 'images.decode' },
      end:
        save === undefined
          ? { type: 'images.preview' }
          : { type: 'images.save', inputs: { name: save, format: 'png' } },
    },
    [
      'model.text_encoder > prompt.text_encoder',
      'model.model > sample.model',
      'prompt.conditioning > sample.positive',
      'size.latent > sample.latent',
      'noise.noise > sample.noise',
      'schedule.sigmas > sample.sigmas',
      'model.vae > decode.vae',
      'sample.latent > decode.latent',
      'decode.image > end.image',
    ],
  );
  return title === undefined ? document : { ...document, meta: { title } };
}
