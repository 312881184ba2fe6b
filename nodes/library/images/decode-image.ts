import { socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { tellTiles, tileSettings, tilingInputs } from '../tiling-inputs.ts';

export default defineNode({
  type: 'images.decode',
  version: 1,
  title: 'Decode image',
  group: 'Images',
  keywords: ['vae', 'latent', 'tiled', 'pixels'],
  doc: 'Turns a latent into pixels, whole or in tiles.',
  inputs: { vae: socket('VAE'), latent: socket('LATENT'), ...tilingInputs },
  outputs: { image: output('IMAGE') },
  async run(ctx, { vae, latent, ...tiling }) {
    const { image, report } = await ctx.services.autoencoder.decode(vae, latent, tileSettings(tiling), {
      signal: ctx.signal,
      onTile: (done, total) => ctx.progress({ done, total, unit: 'tile' }),
    });
    tellTiles(ctx, report);
    ctx.record({ kind: 'vae', file: vae.part.file });
    return { image };
  },
});
