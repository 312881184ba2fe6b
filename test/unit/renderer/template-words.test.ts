import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { templateWords } from '../../../renderer/i18n/messages/templates.ts';

test('every template has a Chinese title and line, and no other has', () => {
  const ending = '.kronode.json';
  const ids = readdirSync(join(import.meta.dirname, '..', '..', '..', 'workflows'))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length));
  expect(Object.keys(templateWords).sort()).toEqual(ids.sort());
  for (const { title, line } of Object.values(templateWords))
    expect(`${title}${line}`).toMatch(/\p{Script=Han}/u);
});
