import { describe, expect, it } from 'vitest';
import { createCatalogue } from '../../../nodes/core/catalogue.ts';
import { openDocumentValue } from '../../../nodes/document/open.ts';
import { planRun } from '../../../nodes/graph/plan.ts';
import { buildDocument } from '../../support/build-document.ts';

type Inputs = Readonly<Record<string, unknown>>;
const base = { title: 'Node', group: 'Values', doc: '', inputs: {}, outputs: {}, effect: 'show' } as const;
const catalogue = createCatalogue([
  {
    ...base,
    type: 'm.renames',
    version: 3,
    migrations: [
      { to: 2, up: ({ old, ...rest }: Inputs) => ({ ...rest, middle: `${old}>2` }) },
      { to: 3, up: ({ middle, ...rest }: Inputs) => ({ ...rest, new: `${middle}>3` }) },
    ],
  },
  {
    ...base,
    type: 'm.throws',
    version: 2,
    migrations: [
      {
        to: 2,
        up: () => {
          throw new TypeError('cannot read old');
        },
      },
    ],
  },
]);
const open = (type: string, version: number, inputs: Record<string, string>) =>
  openDocumentValue(buildDocument({ a: { type, version, inputs } }), catalogue);

describe('node migrations', () => {
  it.each([
    [1, { old: '1', other: 'x' }, { other: 'x', new: '1>2>3' }],
    [2, { middle: '2' }, { new: '2>3' }],
    [3, { new: '3' }, { new: '3' }],
  ])('run in order from version %i', (version, before, after) => {
    const { document, problems } = open('m.renames', version, before as Record<string, string>);
    expect(document.nodes.a).toMatchObject({ version: 3, inputs: after });
    expect(Object.keys(document.nodes.a!.inputs)).toEqual(Object.keys(after));
    expect(problems).toEqual([]);
  });

  it('that throw leave the node as it was, and keep it from running with values that mean something else', () => {
    const { document, problems } = open('m.throws', 1, { old: '1' });
    expect(document.nodes.a).toMatchObject({ version: 1, inputs: { old: '1' } });
    expect(problems).toMatchObject([
      {
        severity: 'error',
        node: 'a',
        message: 'The values of “Node” could not be brought to this version: cannot read old.',
      },
    ]);
    expect(planRun(document, catalogue).problems).toContainEqual({
      severity: 'error',
      node: 'a',
      message: '“Node” holds values for version 1 of the node, this Kronode has 2.',
      hint: 'Replace the node.',
    });
  });

  it('leave a node of a newer Kronode alone and keep it from running', () => {
    const { document, problems } = open('m.renames', 4, { newest: '4' });
    expect(document.nodes.a).toMatchObject({ version: 4, inputs: { newest: '4' } });
    expect(problems).toMatchObject([{ severity: 'error', hint: 'Update Kronode to run it.' }]);
    expect(planRun(document, catalogue).problems).toContainEqual(
      expect.objectContaining({ severity: 'error', node: 'a', hint: 'Update Kronode to run it.' }),
    );
  });

  it('leave a node of an unknown type alone and report it', () => {
    const { document, problems } = open('constructor', 7, { x: '1' });
    expect(document.nodes.a).toMatchObject({ type: 'constructor', version: 7, inputs: { x: '1' } });
    expect(problems).toEqual([
      {
        severity: 'error',
        node: 'a',
        message: 'There is no node type “constructor”.',
        hint: 'Its values and wires are kept. Update Kronode, or replace the node.',
      },
    ]);
  });
});
