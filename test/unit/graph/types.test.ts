import { describe, expect, it } from 'vitest';
import { inputType, outputType } from '../../../nodes/graph/types.ts';
import { buildDocument } from '../../support/build-document.ts';
import { fakeCatalogue } from '../../support/fake-nodes.ts';

const { catalogue } = fakeCatalogue();
const nodes = {
  n: { type: 'fake.number' },
  blend: { type: 'fake.blend' },
  w: { type: 'fake.widgets' },
  sw: { type: 'values.switch' },
  sw2: { type: 'values.switch' },
};

describe('types', () => {
  it('are those of the declaration, and none for what takes no wire or is not there', () => {
    const document = buildDocument(nodes);
    expect(outputType(document, catalogue, ['blend', 'amount'])).toBe('FLOAT');
    expect(inputType(document, catalogue, ['blend', 'image'])).toBe('IMAGE');
    expect(inputType(document, catalogue, ['w', 'choice'])).toBeUndefined();
    expect(inputType(document, catalogue, ['w', 'constructor'])).toBeUndefined();
    expect(outputType(document, catalogue, ['ghost', 'value'])).toBeUndefined();
    expect(outputType(document, catalogue, ['sw', 'value'])).toBeUndefined();
  });

  it('of a variable follow what is fed in, before where it goes', () => {
    const fed = buildDocument(nodes, ['n.value > sw.when_off', 'sw.value > blend.amount']);
    expect(outputType(fed, catalogue, ['sw', 'value'])).toBe('INT');
    const going = buildDocument(nodes, ['sw.value > blend.amount']);
    expect(inputType(going, catalogue, ['sw', 'when_on'])).toBe('FLOAT');
  });

  it.each([
    [['n.value > sw.when_on', 'blend.amount > sw.when_off']],
    [['blend.amount > sw.when_on', 'n.value > sw.when_off']],
  ])('of a variable hold all that is fed in, whatever comes first: %s', (wires) => {
    const document = buildDocument(nodes, wires);
    for (const end of ['when_on', 'when_off'])
      expect(inputType(document, catalogue, ['sw', end])).toBe('FLOAT');
  });

  it('agree along a chain of switches, asked from either end', () => {
    for (const first of ['sw', 'sw2']) {
      const document = buildDocument(nodes, ['sw.value > sw2.when_on', 'n.value > sw.when_on']);
      expect(outputType(document, catalogue, [first, 'value'])).toBe('INT');
      expect(inputType(document, catalogue, ['sw2', 'when_off'])).toBe('INT');
    }
  });

  it('of 20,000 switches in a row are found at once', () => {
    const count = 20_000;
    const chain = buildDocument(
      {
        n: { type: 'fake.number' },
        ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, { type: 'values.switch' }])),
      },
      [
        'n.value > s0.when_on',
        ...Array.from({ length: count - 1 }, (_, i) => `s${i}.value > s${i + 1}.when_on`),
      ],
    );
    for (let i = 0; i < count; i++) expect(outputType(chain, catalogue, [`s${i}`, 'value'])).toBe('INT');
  });

  it('of switches that feed each other in a ring are undecided', () => {
    const ring = buildDocument(nodes, ['sw.value > sw2.when_on', 'sw2.value > sw.when_on']);
    expect(outputType(ring, catalogue, ['sw', 'value'])).toBeUndefined();
  });
});
