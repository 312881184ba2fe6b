import { UserError } from '../../core/errors.ts';
import { float, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { modelsOf } from '../model-recipes.ts';

export default defineNode({
  type: 'sampling.sample',
  version: 1,
  title: 'Sample',
  group: 'Sampling',
  keywords: ['ksampler', 'denoise', 'diffusion', 'generate', 'cfg', 'guidance'],
  doc:
    'Turns noise into a picture, in latent form, along the step schedule. Z-Image-Turbo needs about 8 steps ' +
    'and guidance 1 (off). Above 1 a negative is needed and every step costs twice.',
  inputs: {
    model: socket('MODEL'),
    positive: socket('CONDITIONING'),
    negative: socket('CONDITIONING', { optional: true, doc: 'Needed when guidance is not 1.' }),
    latent: socket('LATENT', {
      doc: 'Its size is the size of the result; with a denoise below 1 it is the start.',
    }),
    noise: socket('NOISE'),
    sigmas: socket('SIGMAS'),
    sampler: socket('SAMPLER', { optional: true, doc: 'Euler when nothing is connected.' }),
    guidance: float({
      default: 1,
      min: 0,
      max: 30,
      step: 0.1,
      doc: 'Classifier-free guidance as ComfyUI counts it: 1 is off. In diffusers the same is guidance_scale + 1.',
    }),
    guidance_normalization: float({
      default: 0,
      min: 0,
      max: 10,
      step: 0.05,
      advanced: true,
      doc: 'Keeps guidance from making the step longer than this multiple of the unguided one; 0 is off.',
    }),
    guidance_truncation: float({
      default: 1,
      min: 0,
      max: 1,
      step: 0.01,
      advanced: true,
      doc: 'Guidance is off in the last part of the run, from this share on; 1 keeps it on to the end.',
    }),
  },
  outputs: { latent: output('LATENT') },
  async run(ctx, inputs) {
    const {
      model,
      positive,
      negative,
      latent,
      noise,
      sigmas,
      sampler = { name: 'euler' },
      guidance,
    } = inputs;
    const batch = latent.samples.dims[0] ?? 1;
    for (const [name, { captions }] of Object.entries({ positive, ...(negative && { negative }) }))
      if (captions.length !== 1 && captions.length !== batch)
        throw new UserError(
          `${name} holds ${captions.length} prompts, but the latent holds ${batch} pictures.`,
          {
            hint: `Set the batch of the latent to ${captions.length}, or use one prompt.`,
          },
        );
    if (noise.seeds.length !== 1 && noise.seeds.length !== batch)
      throw new UserError(`There are ${noise.seeds.length} seeds for ${batch} pictures.`, {
        hint: `Set the batch of the latent to ${noise.seeds.length}, or use one seed.`,
      });
    if (guidance !== 1 && !negative)
      throw new UserError(`Guidance ${guidance} needs a negative prompt.`, {
        hint: 'Connect an Encode prompt (its text may be empty) to negative, or set guidance to 1.',
      });
    const result = await ctx.services.diffusion.sample(
      {
        model,
        positive,
        negative,
        latent,
        noise,
        sigmas,
        sampler,
        guidance,
        guidanceNormalization: inputs.guidance_normalization,
        guidanceTruncation: inputs.guidance_truncation,
      },
      {
        signal: ctx.signal,
        onConversion: (done, total) => ctx.progress({ done, total, unit: 'layer' }),
        onNotice: (message) => ctx.notice(message),
        onStep: ({ preview, ...step }) =>
          ctx.progress({ ...step, unit: 'step', ...(preview && { preview }) }),
      },
    );
    for (const { part, adapters } of modelsOf(model)) {
      ctx.record({ kind: 'model', file: part.file });
      for (const use of adapters) ctx.record({ kind: 'adapter', ...use });
    }
    ctx.record({
      kind: 'sampling',
      sampler,
      sigmas,
      seeds: noise.seeds.map(String),
      generator: noise.generator,
      guidance,
    });
    return { latent: result };
  },
});
