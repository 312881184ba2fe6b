import { choice, float } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { samplerChoices } from '../../execution/services.ts';

export default defineNode({
  type: 'sampling.select',
  version: 1,
  title: 'Select sampler',
  group: 'Sampling',
  keywords: ['euler', 'heun', 'dpm', 'res_multistep', 'lcm', 'uni_pc', 'algorithm'],
  doc: 'The algorithm that walks from noise to picture. Euler is what Z-Image-Turbo was made for; res_multistep is sharper at few steps.',
  inputs: {
    sampler: choice(samplerChoices),
    eta: float({
      default: 1,
      min: 0,
      max: 2,
      step: 0.05,
      advanced: true,
      doc: 'Fresh noise per step; only the ancestral and stochastic samplers use it.',
    }),
  },
  outputs: { sampler: output('SAMPLER') },
  run: (_ctx, { sampler, eta }) => ({ sampler: { name: sampler, eta } }),
});
