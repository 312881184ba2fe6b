import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { applyOverride } from '../../../nodes/document/overrides.ts';
import { buildDocument } from '../../support/build-document.ts';
import { fakeCatalogue } from '../../support/fake-nodes.ts';

const { catalogue } = fakeCatalogue();
const document = buildDocument(
  {
    w: { type: 'fake.widgets' },
    n: { type: 'fake.number', title: 'First. Number' },
    m: { type: 'fake.number' },
    x: { type: 'elsewhere.thing' },
  },
  ['n.value > w.int', 'n.value > w.socket', 'm.value > x.a'],
);
const apply = (override: string) => applyOverride(document, catalogue, override);

function refusal(override: string): UserError {
  try {
    apply(override);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

describe('applyOverride', () => {
  it.each([
    ['w.int=7', 7],
    ['w.int=', 'refused'],
    ['w.float=0.25', 0.25],
    ['w.float=1e-3', 0.001],
    ['w.seed= 18446744073709551615 ', '18446744073709551615'],
    ['w.text=a=b.c', 'a=b.c'],
    ['w.text=', ''],
    ['w.text=two\nlines', 'two\nlines'],
    ['w.boolean=Yes', true],
    ['w.boolean=off', false],
    ['w.choice=right', 'right'],
    ['w.file=sub/model.safetensors', 'sub/model.safetensors'],
    ['w.numbers=1, 0.5,0', [1, 0.5, 0]],
    ['w.numbers=', []],
    ['w.seeds=1, 2', ['1', '2']],
  ])('%s', (override, value) => {
    if (value === 'refused') {
      expect(() => apply(override)).toThrow(UserError);
      return;
    }
    const input = override.slice(2, override.indexOf('='));
    expect(apply(override).nodes.w?.inputs[input]).toEqual(value);
  });

  it.each([
    ['w.int=11', 'int of w cannot be “11”: expected a number from 0 to 10.'],
    ['w.int=1.5', 'int of w cannot be “1.5”: expected a whole number.'],
    ['w.int=many', 'int of w cannot be “many”: expected a number from 0 to 10.'],
    ['w.int=Infinity', 'int of w cannot be “Infinity”: expected a number from 0 to 10.'],
    ['w.float=-0.1', 'float of w cannot be “-0.1”: expected a number from 0 to 1.'],
    ['w.seed=-1', 'seed of w cannot be “-1”: expected a whole number from 0 to 18446744073709551615.'],
    ['w.text=123456789012345678901', 'expected at most 20 characters'],
    ['w.boolean=maybe', 'boolean of w cannot be “maybe”: expected yes or no.'],
    ['w.boolean=constructor', 'boolean of w cannot be “constructor”: expected yes or no.'],
    ['w.choice=up', 'choice of w cannot be “up”: expected one of left, right.'],
    ['w.numbers=1,,0', 'numbers of w cannot be “1,,0”: expected a number from 0 to 1 (item 2).'],
    ['w.numbers=1,2', '(item 2)'],
    ['w.numbers=1,1,1,1', 'expected at most 3 numbers'],
    ['w.seeds=1,x', '(item 2)'],
    ['w.seeds=', 'cannot be “”'],
    ['w.socket=1', '“Widgets” (w) has no value called socket.'],
    ['w.unknown=1', '“Widgets” (w) has no value called unknown.'],
    ['w.constructor=1', '“Widgets” (w) has no value called constructor.'],
    ['x.a=1', 'Node x is of an unknown type; its inputs cannot be set.'],
    ['ghost.a=1', 'This workflow has no node “ghost”.'],
    ['toString.a=1', 'This workflow has no node “toString”.'],
    ['fake.number.value=1', '“fake.number” fits 2 nodes: n, m.'],
    ['w=1', '“w=1” is not of the form node.input=value.'],
    ['w.int', '“w.int” is not of the form node.input=value.'],
    ['', '“” is not of the form node.input=value.'],
  ])('refuses %s', (override, message) => {
    expect(refusal(override).message).toContain(message);
  });

  it('says what could be meant', () => {
    expect(refusal('ghost.a=1').hint).toBe('Its nodes are: w, n, m, x.');
    expect(refusal('w.unknown=1').hint).toBe(
      'It has: int, float, seed, text, boolean, choice, file, numbers, seeds.',
    );
  });

  it('finds a node by id, by its only title and by its only type', () => {
    expect(apply('m.value=5').nodes.m?.inputs).toEqual({ value: 5 });
    expect(apply('first. number.value=5').nodes.n?.inputs).toEqual({ value: 5 });
    expect(apply('number.value=5').nodes.m?.inputs).toEqual({ value: 5 });
    expect(apply('fake.widgets.int=5').nodes.w?.inputs).toEqual({ int: 5 });
  });

  it('takes away the wire into that input and no other, and leaves the document it was given alone', () => {
    const before = structuredClone(document);
    expect(Object.keys(apply('w.int=7').wires)).toEqual(['w1', 'w2']);
    expect(Object.keys(apply('w.float=0.5').wires)).toEqual(['w0', 'w1', 'w2']);
    expect(document).toEqual(before);
  });
});
