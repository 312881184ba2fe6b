import { choice, file } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

const MEGABYTE = 1e6;

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
    precision: choice(
      [
        { value: 'auto', doc: 'The most exact one that fits this machine.' },
        { value: 'f32', doc: 'Widened to 32 bits when loaded: exact and, on a CPU, fast.' },
        { value: 'bf16', doc: 'Used from the file as it is: exact, and needs the least memory on a CPU.' },
        { value: 'f16', doc: 'Half precision, for GPUs; converted once.' },
        { value: 'int8', doc: 'Half the size of bf16, hardly a difference to be seen; converted once.' },
        { value: 'int4', doc: 'A third of the size of bf16; pictures change a little. Converted once.' },
      ],
      { doc: 'How weights are kept. Adapters work, and stay exact, in all of them.', advanced: true },
    ),
  },
  outputs: { model: output('MODEL'), text_encoder: output('TEXT_ENCODER'), vae: output('VAE') },
  async run(ctx, { model, text_encoder, vae, precision }) {
    const opened = await ctx.services.models.open(
      { model, textEncoder: text_encoder, vae, precision },
      {
        signal: ctx.signal,
        onRead: (done, total) =>
          ctx.progress({
            done: Math.round(done / MEGABYTE),
            total: Math.round(total / MEGABYTE),
            unit: 'megabyte',
          }),
      },
    );
    for (const notice of opened.notices) ctx.notice(notice);
    return { model: opened.model, text_encoder: opened.textEncoder, vae: opened.vae };
  },
});
