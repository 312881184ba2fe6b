import { describe, expect, it } from 'vitest';
import { declarationOf } from '../../../nodes/core/catalogue.ts';
import { isWidget } from '../../../nodes/core/inputs.ts';
import { nodeGroups } from '../../../nodes/core/node.ts';
import { sockets } from '../../../nodes/core/sockets.ts';
import { readWidget } from '../../../nodes/core/widget-values.ts';
import { library } from '../../../nodes/library/index.ts';

const nodes = [...library.values()];
const sentence = /^[A-Z0-9“].*[.!?]$/su;

describe('the library', () => {
  it('has a node in every group that is in use, listed group by group', () => {
    const groups = nodes.map(({ group }) => nodeGroups.indexOf(group));
    expect(groups).toEqual(groups.toSorted((a, b) => a - b));
    expect(nodes.length).toBeGreaterThan(20);
  });

  it('gives every node a title of its own', () => {
    const titles = nodes.map(({ title }) => title.toLowerCase());
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
  });

  it('has something to end a workflow with', () => {
    expect(nodes.filter(({ effect }) => effect).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['images.preview', 'images.save']),
    );
  });
});

describe.each(nodes.map((node) => [node.type, node] as const))('%s', (type, node) => {
  it('is named like its kind', () => {
    expect(type).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
    expect(node.title).toMatch(/^[A-Z][\w/ -]*$/);
    expect(node.title.length).toBeLessThanOrEqual(24);
  });

  it('is explained in sentences', () => {
    expect(node.doc).toMatch(sentence);
    for (const [name, { doc }] of Object.entries(node.inputs))
      if (doc !== undefined) expect(doc, name).toMatch(sentence);
    for (const input of Object.values(node.inputs))
      if (input.kind === 'choice')
        for (const { value, doc } of input.options)
          if (doc !== undefined) expect(doc, value).toMatch(/[.!?]$/);
  });

  it('is found by keywords that its title does not hold', () => {
    const keywords = node.keywords ?? [];
    expect(keywords.length).toBeGreaterThan(0);
    expect(new Set(keywords).size).toBe(keywords.length);
    for (const keyword of keywords) {
      expect(keyword).toBe(keyword.toLowerCase().trim());
      expect(node.title.toLowerCase()).not.toBe(keyword);
    }
  });

  it('names inputs and outputs in snake_case', () => {
    for (const name of [...Object.keys(node.inputs), ...Object.keys(node.outputs)])
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
  });

  it('has defaults its own widgets take, but for a file that has to be chosen', () => {
    for (const [name, input] of Object.entries(node.inputs)) {
      if (!isWidget(input)) continue;
      const reading = readWidget(input, input.default);
      if (input.kind === 'file' && input.default === '' && !input.optional)
        expect(reading, name).toEqual({ ok: false, reason: 'no file is chosen' });
      else expect(reading, name).toMatchObject({ ok: true });
    }
  });

  it('has steps that lead from the least to the largest value', () => {
    for (const [name, input] of Object.entries(node.inputs)) {
      if (input.kind !== 'int' && input.kind !== 'float') continue;
      expect(input.step, name).toBeGreaterThan(0);
      expect(input.min, name).toBeLessThan(input.max);
      if (input.kind === 'int') expect((input.default - input.min) % input.step, name).toBe(0);
    }
  });

  it('uses socket types that exist, and type variables that something decides', () => {
    const decided = new Set(
      Object.values(node.inputs).flatMap((input) => (input.kind === 'variable' ? [input.variable] : [])),
    );
    for (const end of [...Object.values(node.inputs), ...Object.values(node.outputs)]) {
      if (end.kind === 'socket') expect(sockets).toHaveProperty(end.type);
      if (end.kind === 'variable') expect(decided).toContain(end.variable);
    }
  });

  it('has a declaration that survives JSON', () => {
    const declaration = declarationOf(node);
    expect(JSON.parse(JSON.stringify(declaration))).toStrictEqual(declaration);
    expect(declaration).not.toHaveProperty('run');
  });

  it('shows or writes, or else gives something', () => {
    expect(node.effect !== undefined || Object.keys(node.outputs).length > 0).toBe(true);
  });
});
