import { file } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'models.load',
  version: 1,
  title: 'Load model',
  group: 'Models',
  keywords: ['checkpoint', 'diffusers', 'safetensors', 'unet', 'clip', 'vae', 'z-image'],
  doc:
    'Opens a Z-Image model: a diffusers folder with everything in it, or a transformer file together with a ' +
    'text encoder and an autoencoder. Only headers are read here; weights are touched when they are needed.',
  inputs: {
    model: file('model', {
      default: 'nano',
      doc: 'A model folder, or a transformer as one safetensors file.',
    }),
    text_encoder: file('text-encoder', {
      optional: true,
      doc: 'Empty: the one in the model folder.',
    }),
    vae: file('vae', { optional: true, doc: 'Empty: the one in the model folder.' }),
  },
  outputs: { model: output('MODEL'), text_encoder: output('TEXT_ENCODER'), vae: output('VAE') },
  async run(ctx, { model, text_encoder, vae }) {
    const opened = await ctx.services.models.open({ model, textEncoder: text_encoder, vae });
    for (const notice of opened.notices) ctx.notice(notice);
    return { model: opened.model, text_encoder: opened.textEncoder, vae: opened.vae };
  },
});
