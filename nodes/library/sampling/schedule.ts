import { choice, float, int, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { scheduleNames } from '../../execution/services.ts';

export default defineNode({
  type: 'sampling.schedule',
  version: 1,
  title: 'Step schedule',
  group: 'Sampling',
  keywords: ['sigmas', 'scheduler', 'steps', 'shift', 'denoise', 'karras', 'beta', 'simple'],
  doc:
    'How the noise goes down from step to step. “zimage” is the model’s own schedule; the others are those of ComfyUI. ' +
    'The result is a list of explicit noise levels, so it means the same everywhere.',
  inputs: {
    schedule: choice(scheduleNames),
    steps: int({ default: 8, min: 1, max: 1000 }),
    shift: float({
      default: 3,
      min: 0.01,
      max: 100,
      step: 0.05,
      advanced: true,
      doc: 'Higher spends more steps on composition. Z-Image-Turbo uses 3, Z-Image 6.',
    }),
    denoise: float({
      default: 1,
      min: 0.01,
      max: 1,
      step: 0.01,
      slider: true,
      doc: 'Below 1 only the last part runs, starting from the latent it is given.',
    }),
    sampler: socket('SAMPLER', {
      optional: true,
      advanced: true,
      doc: 'Second-order samplers need a slightly other list; connect yours to get it.',
    }),
  },
  outputs: { sigmas: output('SIGMAS') },
  run: (ctx, { schedule, steps, shift, denoise, sampler }) => ({
    sigmas: ctx.services.diffusion.schedule({
      schedule,
      steps,
      shift,
      denoise,
      ...(sampler && { sampler: sampler.name }),
    }),
  }),
});
