import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { openDocument, openDocumentValue } from '../../../nodes/document/open.ts';
import { LIMITS } from '../../../nodes/document/schema.ts';
import { buildDocument } from '../../support/build-document.ts';
import { fakeCatalogue } from '../../support/fake-nodes.ts';

const { catalogue } = fakeCatalogue();
const header = { format: 'kronode/workflow', version: 1, nodes: {}, wires: {} };
const open = (value: unknown) => openDocument(JSON.stringify(value), catalogue);

function refusal(text: string): UserError {
  try {
    openDocument(text, catalogue);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('It opened.');
}

/** `count` entries `"prefix0": entry, …`. */
const many = (count: number, entry: string): string =>
  `{${Array.from({ length: count }, (_, i) => `"i${i}":${entry}`).join()}}`;
const withSection = (name: string, text: string): string =>
  JSON.stringify({ ...header, [name]: 0 }).replace(`"${name}":0`, `"${name}":${text}`);
const withValue = (text: string): string =>
  withSection('nodes', `{"a":{"type":"x","version":1,"at":[0,0],"inputs":{"v":${text}}}}`);

describe('openDocument', () => {
  it('opens a workflow with a byte order mark', () => {
    expect(openDocument(`\uFEFF${JSON.stringify(header)}`, catalogue).document).toEqual(header);
  });

  it.each([
    ['another format', { ...header, format: 'other' }, 'This is JSON, but not a Kronode workflow.'],
    ['a list', [], 'This is JSON, but not a Kronode workflow.'],
    ['null', null, 'This is no workflow file.'],
    ['no version', { ...header, version: undefined }, 'does not say which version'],
    ['half a version', { ...header, version: 1.5 }, 'does not say which version'],
    ['version 0', { ...header, version: 0 }, 'does not say which version'],
    [
      'a newer version',
      { ...header, version: 99 },
      'made with a newer Kronode (format 99, this one reads up to 1)',
    ],
    ['no wires', { ...header, wires: undefined }, 'damaged at wires'],
    ['an unknown part', { ...header, colour: 1 }, 'Unrecognized key: "colour"'],
    ['a bad id', { ...header, nodes: { 'a b': {} } }, 'damaged at nodes.a b'],
    ['a bad wire', { ...header, wires: { w: { from: ['a'], to: ['b', 'c'] } } }, 'damaged at wires.w.from'],
    [
      'a bad colour',
      buildDocument({ a: { type: 'x', color: 'red' } }),
      'damaged at nodes.a.color: colours are written as #rrggbb',
    ],
    ['a bad mode', buildDocument({ a: { type: 'x', mode: 'off' as 'mute' } }), 'damaged at nodes.a.mode'],
    ['a bad view', { ...header, view: { at: [0, 0], zoom: 0 } }, 'damaged at view.zoom'],
  ])('refuses %s', (_, value, message) => {
    expect(refusal(JSON.stringify(value)).message).toContain(message);
  });

  it('tells a person with a newer workflow what to do', () => {
    expect(refusal(JSON.stringify({ ...header, version: 2 })).hint).toBe('Update Kronode to open it.');
  });

  it('says why an id cannot be used', () => {
    const text = JSON.stringify({ ...header, frames: { 'a b': { title: '', at: [0, 0], size: [1, 1] } } });
    expect(refusal(text).message).toBe(
      'The workflow is damaged at frames.a b: ids are letters, digits, _ and -.',
    );
  });

  it('keeps line breaks and long names of a damaged file out of the message', () => {
    const text = withSection('nodes', `{"${'long\\n'.repeat(10_000)}":1}`);
    expect(refusal(text).message).toMatch(/^[^\n]{1,300}$/);
    expect(refusal('{"a":\n\n\u0007}').message).toMatch(/^[^\n]{1,300}$/);
  });

  it.each([
    ['nodes', LIMITS.nodes],
    ['wires', LIMITS.wires],
    ['frames', LIMITS.frames],
    ['notes', LIMITS.notes],
  ])('refuses too many %s', (section, most) => {
    expect(refusal(withSection(section, many(most + 1, '0'))).message).toBe(
      `The workflow has more than ${most} ${section}.`,
    );
  });

  it('opens as many nodes as it allows', () => {
    const text = withSection('nodes', many(LIMITS.nodes, '{"type":"x","version":1,"at":[0,0],"inputs":{}}'));
    expect(openDocument(text, catalogue).problems).toHaveLength(LIMITS.nodes);
  });

  it('refuses a file that is too large or nested too deeply', () => {
    expect(refusal(' '.repeat(LIMITS.bytes + 1)).message).toContain('larger than the 16 MB');
    expect(refusal('['.repeat(1e6)).message).toContain('nested more than 64 levels');
    expect(refusal(withValue('['.repeat(100) + ']'.repeat(100))).message).toContain('nested');
    // Brackets inside a text are no nesting.
    expect(
      openDocument(withValue(JSON.stringify('[{"\\'.repeat(100))), catalogue).document.nodes,
    ).toHaveProperty('a');
  });

  it('refuses numbers JSON cannot hold, however deep', () => {
    expect(refusal(withValue('1e999')).message).toContain('numbers must be finite');
    expect(refusal(withValue(`${'['.repeat(50)}1e999${']'.repeat(50)}`)).message).toContain(
      'damaged at nodes.a.inputs.v',
    );
  });

  // Each of these once needed gigabytes or minutes.
  it('copes with files of many megabytes in which everything is brackets or wrong', () => {
    expect(openDocument(withValue(`[${'[],'.repeat(5e6)}0]`), catalogue).document.nodes).toHaveProperty('a');
    const wire = `{"from":["",""],"to":["",""],"u":1,"bends":[${'0,'.repeat(40)}0]}`;
    expect(refusal(withSection('wires', many(100_000, wire))).message).toContain('damaged at wires.i0');
  });

  it('is safe from deep values when it is given JSON that was parsed elsewhere', () => {
    let deep: unknown = 0;
    for (let i = 0; i < 1e5; i++) deep = [deep];
    expect(() => openDocumentValue({ ...header, meta: { extra: { deep } } }, catalogue)).toThrow(UserError);
  });

  it('mends wires that lead nowhere and second wires into one input, and says so', () => {
    const document = buildDocument({ a: { type: 'fake.number' }, b: { type: 'fake.add' } }, [
      'a.value > b.a',
      'ghost.value > b.b',
      'a.value > gone.a',
      'a.value > b.a',
    ]);
    const opened = open(document);
    expect(Object.keys(opened.document.wires)).toEqual(['w0']);
    expect(opened.problems).toEqual([
      {
        severity: 'warning',
        node: 'b',
        input: 'b',
        message: 'The wire from ghost.value to b.b was removed: there is no node ghost.',
      },
      { severity: 'warning', message: 'The wire from a.value to gone.a was removed: there is no node gone.' },
      {
        severity: 'warning',
        node: 'b',
        input: 'a',
        message: 'A second wire into a of b was removed: an input takes one.',
      },
    ]);
  });
});
