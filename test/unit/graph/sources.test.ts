import { describe, expect, it } from 'vitest';
import { sourceOf } from '../../../nodes/graph/sources.ts';
import { buildDocument } from '../../support/build-document.ts';
import { fakeCatalogue } from '../../support/fake-nodes.ts';

const { catalogue } = fakeCatalogue();
const bypass = { mode: 'bypass' } as const;
const mute = { mode: 'mute' } as const;
const at = (...args: Parameters<typeof buildDocument>) => {
  const document = buildDocument(...args);
  return (node: string, input: string) => sourceOf(document, catalogue, [node, input]);
};

describe('sourceOf', () => {
  it('is the output at the other end, or nothing', () => {
    const source = at({ n: { type: 'fake.number' }, a: { type: 'fake.add' } }, ['n.value > a.a']);
    expect(source('a', 'a')).toEqual({ kind: 'output', from: ['n', 'value'] });
    expect(source('a', 'b')).toEqual({ kind: 'none' });
    expect(source('ghost', 'b')).toEqual({ kind: 'none' });
  });

  it('goes through bypassed nodes by type', () => {
    const source = at(
      {
        pic: { type: 'fake.picture' },
        half: { type: 'fake.number' },
        b1: { type: 'fake.blend', ...bypass },
        b2: { type: 'fake.blend', ...bypass },
        end: { type: 'fake.blend' },
      },
      [
        'half.value > b1.amount',
        'pic.image > b1.image',
        'b1.image > b2.image',
        'b2.image > end.image',
        'b1.amount > end.amount',
      ],
    );
    expect(source('end', 'image')).toEqual({ kind: 'output', from: ['pic', 'image'] });
    expect(source('end', 'amount')).toEqual({ kind: 'output', from: ['half', 'value'] });
  });

  it('goes through the first input of the type that is wired', () => {
    const nodes = {
      pic: { type: 'fake.picture' },
      other: { type: 'fake.picture' },
      b: { type: 'fake.blend', ...bypass },
      end: { type: 'fake.frame' },
    };
    const out = 'b.image > end.image';
    expect(at(nodes, ['other.image > b.other', 'pic.image > b.image', out])('end', 'image')).toEqual({
      kind: 'output',
      from: ['pic', 'image'],
    });
    expect(at(nodes, ['other.image > b.other', out])('end', 'image')).toEqual({
      kind: 'output',
      from: ['other', 'image'],
    });
  });

  it('is nothing behind a bypassed node that has nothing to pass on, or is not known', () => {
    const nodes = {
      b: { type: 'fake.picture', ...bypass },
      x: { type: 'elsewhere', ...bypass },
      e1: { type: 'fake.frame' },
      e2: { type: 'fake.frame' },
    };
    const source = at(nodes, ['b.image > e1.image', 'x.image > e2.image']);
    expect(source('e1', 'image')).toEqual({ kind: 'none' });
    expect(source('e2', 'image')).toEqual({ kind: 'none' });
  });

  it('is muted where a muted node is behind it, directly or through bypassed ones', () => {
    const source = at(
      {
        pic: { type: 'fake.picture', ...mute },
        b: { type: 'fake.blend', ...bypass },
        end: { type: 'fake.blend' },
      },
      ['pic.image > b.image', 'b.image > end.image', 'pic.image > end.other'],
    );
    expect(source('end', 'image')).toEqual({ kind: 'muted', node: 'pic' });
    expect(source('end', 'other')).toEqual({ kind: 'muted', node: 'pic' });
  });

  it('is nothing behind a ring of bypassed nodes', () => {
    const source = at(
      {
        b1: { type: 'fake.blend', ...bypass },
        b2: { type: 'fake.blend', ...bypass },
        end: { type: 'fake.frame' },
      },
      ['b1.image > b2.image', 'b2.image > b1.image', 'b1.image > end.image'],
    );
    expect(source('end', 'image')).toEqual({ kind: 'none' });
  });

  it('follows 5,000 bypassed nodes for 5,000 inputs', () => {
    const count = 5000;
    const numbered = (prefix: string, spec: { type: string; mode?: 'bypass' }) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, spec]));
    const document = buildDocument(
      {
        pic: { type: 'fake.picture' },
        ...numbered('b', { type: 'fake.blend', ...bypass }),
        ...numbered('e', { type: 'fake.frame' }),
      },
      [
        'pic.image > b0.image',
        ...Array.from({ length: count - 1 }, (_, i) => `b${i}.image > b${i + 1}.image`),
        ...Array.from({ length: count }, (_, i) => `b${count - 1}.image > e${i}.image`),
      ],
    );
    for (let i = 0; i < count; i++)
      expect(sourceOf(document, catalogue, [`e${i}`, 'image'])).toEqual({
        kind: 'output',
        from: ['pic', 'image'],
      });
  });
});
