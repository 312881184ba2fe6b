import { UserError } from '../../core/errors.ts';
import { int, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'sampling.model-per-step',
  version: 1,
  title: 'Model per step',
  group: 'Sampling',
  keywords: ['turbo', 'step-decoupled', 'switch', 'two-stage', 'refiner', 'adapter per step'],
  doc:
    'Gives steps, or ranges of steps, a model of their own, such as the step-decoupled weights of Z-Image-Turbo++. ' +
    'The same model with other adapters shares its weights; different models stay in memory together where they fit.',
  inputs: {
    first: socket('MODEL', { doc: 'Runs from the first step on.' }),
    second: socket('MODEL', { doc: 'Takes over at its step.' }),
    third: socket('MODEL', { optional: true, advanced: true }),
    fourth: socket('MODEL', { optional: true, advanced: true }),
    second_from: int({ default: 2, min: 1, max: 1000, doc: 'Step at which the second model takes over.' }),
    third_from: int({ default: 3, min: 1, max: 1000, advanced: true }),
    fourth_from: int({ default: 4, min: 1, max: 1000, advanced: true }),
  },
  outputs: { model: output('MODEL') },
  run(_ctx, { first, second, third, fourth, second_from, third_from, fourth_from }) {
    const later = [
      { from: second_from, model: second },
      { from: third_from, model: third },
      { from: fourth_from, model: fourth },
    ].flatMap(({ from, model }) => (model ? [{ from: from - 1, model }] : []));
    for (const [i, { from }] of later.entries())
      if (from <= (later[i - 1]?.from ?? 0))
        throw new UserError(
          `Each model must take over after the one before it; step ${from + 1} comes too early.`,
          { hint: 'Let the second model begin at step 2 or later, the third after it, and so on.' },
        );
    const stages = [{ from: 0, model: first }, ...later];
    // A model that changes during the run itself does so within its own range of steps.
    const flat = stages.flatMap(({ from, model }, i) => {
      const end = stages[i + 1]?.from ?? Number.POSITIVE_INFINITY;
      const { later: own = [], ...base } = model;
      const active = own.findLast((stage) => stage.from <= from)?.model ?? base;
      return [{ from, model: active }, ...own.filter((stage) => stage.from > from && stage.from < end)];
    });
    const [start, ...rest] = flat;
    return { model: { ...(start?.model ?? first), later: rest } };
  },
});
