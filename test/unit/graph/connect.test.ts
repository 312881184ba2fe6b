import { describe, expect, it } from 'vitest';
import { canConnect } from '../../../nodes/graph/connect.ts';
import { buildDocument } from '../../support/build-document.ts';
import { fakeCatalogue } from '../../support/fake-nodes.ts';

const { catalogue } = fakeCatalogue();
const nodes = {
  n: { type: 'fake.number' },
  m: { type: 'fake.number' },
  add: { type: 'fake.add' },
  add2: { type: 'fake.add' },
  pic: { type: 'fake.picture' },
  blend: { type: 'fake.blend' },
  frame: { type: 'fake.frame' },
  w: { type: 'fake.widgets' },
  sw: { type: 'values.switch' },
  sw2: { type: 'values.switch' },
  x: { type: 'elsewhere.thing' },
};

/** Answers "may this wire be drawn?": true, or the reason why not. */
function ask(wire: string, wires: readonly string[] = []): true | string {
  const [from = '', to = ''] = wire.split(' > ').map((end) => end.split('.'));
  const validity = canConnect(buildDocument(nodes, wires), catalogue, [from[0]!, from[1]!], [to[0]!, to[1]!]);
  return validity.ok || validity.reason;
}

describe('canConnect', () => {
  it.each([
    ['equal types', 'n.value > add.a'],
    ['a whole number into a number widget', 'n.value > blend.amount'],
    ['a whole number into seeds', 'n.value > w.seeds'],
    ['an input that is taken', 'm.value > add.a', ['n.value > add.a']],
    ['a second wire out of an output', 'n.value > add2.a', ['n.value > add.a']],
    ['anything into a free type variable', 'pic.image > sw.when_on'],
    ['a free type variable anywhere', 'sw.value > frame.image'],
    ['one free type variable into another', 'sw.value > sw2.when_on'],
  ])('allows %s', (_, wire, wires: string[] = []) => {
    expect(ask(wire, wires)).toBe(true);
  });

  it.each([
    ['another type', 'pic.image > add.a', [], 'a of “Add” takes whole number, this wire carries image.'],
    [
      'a number into whole numbers',
      'blend.amount > add.a',
      [],
      'a of “Add” takes whole number, this wire carries number.',
    ],
    ['the node itself', 'add.sum > add.a', [], 'A node cannot feed itself.'],
    ['a loop of two', 'add2.sum > add.a', ['add.sum > add2.a'], 'This wire would close a loop.'],
    [
      'a loop through a taken input',
      'add2.sum > add.a',
      ['n.value > add.a', 'add.sum > add2.a'],
      'This wire would close a loop.',
    ],
    [
      'a widget without a wire',
      'n.value > w.choice',
      [],
      'choice of “Widgets” is set on the node; it takes no wire.',
    ],
    ['an output that is not there', 'n.nothing > add.a', [], '“Number” has no output called nothing.'],
    ['an output every object has', 'n.constructor > add.a', [], '“Number” has no output called constructor.'],
    ['an input that is not there', 'n.value > add.toString', [], '“Add” has no input called toString.'],
    ['a start at an unknown type', 'x.value > add.a', [], 'The wire starts at a node of an unknown type.'],
    ['an end at an unknown type', 'n.value > x.a', [], 'The wire ends at a node of an unknown type.'],
    ['a node that is not there', 'ghost.value > add.a', [], 'The wire starts at a node of an unknown type.'],
    [
      'a node every object has',
      'constructor.value > add.a',
      [],
      'The wire starts at a node of an unknown type.',
    ],
  ])('refuses %s', (_, wire, wires, reason) => {
    expect(ask(wire, wires)).toBe(reason);
  });

  describe('with type variables', () => {
    const image = 'takes image, this wire carries whole number.';
    it.each([
      ['the other side of a switch', 'n.value > sw.when_off', ['pic.image > sw.when_on']],
      ['what the switch feeds', 'n.value > sw.when_on', ['sw.value > frame.image']],
      [
        'a switch two switches away',
        'n.value > sw.when_off',
        ['sw.value > sw2.when_on', 'pic.image > sw2.when_off'],
      ],
    ])('lets %s decide', (_, wire, wires) => {
      expect(ask(wire, wires)).toContain(image);
    });

    it('refuses what the output has become', () => {
      expect(ask('sw.value > add.a', ['pic.image > sw.when_on'])).toBe(
        'a of “Add” takes whole number, this wire carries image.',
      );
    });

    it('forgets the wire that would be replaced', () => {
      expect(ask('n.value > sw.when_on', ['pic.image > sw.when_on'])).toBe(true);
      expect(ask('n.value > sw.when_on', ['pic.image > sw.when_on', 'sw.value > frame.image'])).toContain(
        image,
      );
    });

    it('takes a whole number where a number is chosen from', () => {
      expect(ask('n.value > sw.when_off', ['blend.amount > sw.when_on'])).toBe(true);
    });
  });
});
