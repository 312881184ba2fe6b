import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openDocument, serializeDocument } from '../../../nodes/document/open.ts';
import { planRun } from '../../../nodes/graph/plan.ts';
import { library } from '../../../nodes/library/index.ts';

const folder = fileURLToPath(new URL('../../../workflows/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.kronode.json'));

it.each(names)('%s opens and plans without a word, and is written as Kronode writes it', (name) => {
  const text = readFileSync(folder + name, 'utf8');
  const { document, problems } = openDocument(text, library);
  expect(problems).toEqual([]);
  const plan = planRun(document, library);
  expect(plan.problems).toEqual([]);
  expect(plan.targets.length).toBeGreaterThan(0);
  expect(serializeDocument(document)).toBe(text);
});
