import { describe, expect, it } from 'vitest';
import { createCatalogue, declarationOf } from '../../../nodes/core/catalogue.ts';
import { int } from '../../../nodes/core/inputs.ts';

const node = {
  type: 'a.b',
  version: 1,
  title: 'B',
  group: 'Values',
  doc: 'B.',
  inputs: { x: int({ default: 0, min: 0, max: 1 }) },
  outputs: {},
} as const;
const up = (inputs: Readonly<Record<string, unknown>>) => ({ ...inputs });

describe('createCatalogue', () => {
  it('finds nodes by type', () => {
    expect(createCatalogue([node]).get('a.b')).toBe(node);
    expect(createCatalogue([node]).get('constructor')).toBeUndefined();
  });

  it('refuses two nodes of one type', () => {
    expect(() => createCatalogue([node, node])).toThrow('Two nodes are called a.b.');
  });

  it.each([
    ['none', []],
    ['a gap', [{ to: 3, up }]],
    [
      'the wrong order',
      [
        { to: 3, up },
        { to: 2, up },
      ],
    ],
    [
      'one too many',
      [
        { to: 2, up },
        { to: 3, up },
        { to: 4, up },
      ],
    ],
  ])('refuses a node of version 3 whose migrations have %s', (_, migrations) => {
    expect(() => createCatalogue([{ ...node, version: 3, migrations }])).toThrow('a.b is at version 3');
  });

  it('takes a node of version 3 with both migrations', () => {
    expect(
      createCatalogue([
        {
          ...node,
          version: 3,
          migrations: [
            { to: 2, up },
            { to: 3, up },
          ],
        },
      ]).size,
    ).toBe(1);
  });

  it('refuses laziness about an input that is not there', () => {
    const lazy = { inputs: ['toString'], choose: () => [] };
    expect(() => createCatalogue([{ ...node, lazy }])).toThrow('no input toString');
  });
});

describe('declarationOf', () => {
  it('leaves the functions away', () => {
    const full = { ...node, run: () => ({}), migrations: [], lazy: { inputs: ['x'], choose: () => [] } };
    expect(declarationOf(full)).toEqual(node);
  });
});
