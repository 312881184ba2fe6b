import { UserError } from '../../core/errors.ts';
import { boolean, variable } from '../../core/inputs.ts';
import { variableOutput } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'values.switch',
  version: 1,
  title: 'Switch',
  group: 'Values',
  keywords: ['if', 'choose', 'select', 'toggle', 'compare'],
  doc: 'Passes on one of two values of the same type. Only the chosen side is computed.',
  inputs: {
    on: boolean({ default: true }),
    when_on: variable('T', { optional: true }),
    when_off: variable('T', { optional: true }),
  },
  outputs: { value: variableOutput('T') },
  lazy: {
    inputs: ['when_on', 'when_off'],
    choose: ({ on }) => [on ? 'when_on' : 'when_off'],
  },
  run: (_ctx, { on, when_on, when_off }) => {
    const value = on ? when_on : when_off;
    if (value === undefined)
      throw new UserError(`The switch is ${on ? 'on' : 'off'}, but nothing is connected to that side.`, {
        hint: `Connect something to ${on ? 'when_on' : 'when_off'}.`,
      });
    return { value };
  },
});
