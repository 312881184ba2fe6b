import { UserError } from '../../core/errors.ts';
import { numbers } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'sampling.sigma-list',
  version: 1,
  title: 'Sigma list',
  group: 'Sampling',
  keywords: ['manual', 'custom', 'sigmas', 'schedule'],
  doc: 'Noise levels written by hand, from high to low; the last one is usually 0. n + 1 levels make n steps.',
  inputs: {
    sigmas: numbers({ default: [1, 0.9, 0.75, 0.5, 0], min: 0, max: 1 }),
  },
  outputs: { sigmas: output('SIGMAS') },
  run: (_ctx, { sigmas }) => {
    if (sigmas.length < 2) throw new UserError('A schedule needs at least two sigmas.');
    const rise = sigmas.findIndex((sigma, i) => i > 0 && sigma >= (sigmas[i - 1] ?? 1));
    if (rise > 0)
      throw new UserError(
        `Sigmas must go down: number ${rise + 1} is ${sigmas[rise]} after ${sigmas[rise - 1]}.`,
      );
    return { sigmas };
  },
});
