import { boolean, seed, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { tellTiles, tileSettings, tilingInputs } from '../tiling-inputs.ts';

export default defineNode({
  type: 'images.encode',
  version: 1,
  title: 'Encode image',
  group: 'Images',
  keywords: ['vae', 'latent', 'img2img', 'image to image', 'tiled'],
  doc: 'Turns pixels into a latent, the start of image to image. The sides are cut to multiples of 16.',
  inputs: {
    vae: socket('VAE'),
    image: socket('IMAGE'),
    ...tilingInputs,
    sample: boolean({
      advanced: true,
      doc: 'Draw from the encoder’s distribution, as diffusers does, instead of taking its mean.',
    }),
    sample_seed: seed({ advanced: true }),
  },
  outputs: { latent: output('LATENT') },
  async run(ctx, { vae, image, sample, sample_seed, ...tiling }) {
    const { latent, report } = await ctx.services.autoencoder.encode(vae, image, tileSettings(tiling), {
      signal: ctx.signal,
      onTile: (done, total) => ctx.progress({ done, total, unit: 'tile' }),
      ...(sample && { sampleSeed: sample_seed[0] ?? 0n }),
    });
    tellTiles(ctx, report);
    ctx.record({ kind: 'vae', file: vae.part.file });
    return { latent };
  },
});
