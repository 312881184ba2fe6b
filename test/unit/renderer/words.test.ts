import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { text } from '../../../renderer/i18n/index.ts';

interface Table {
  readonly en: Readonly<Record<string, string>>;
  readonly zh: Readonly<Record<string, string>>;
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && 'en' in value && 'zh' in value;

const folder = join(import.meta.dirname, '..', '..', '..', 'renderer', 'i18n', 'messages');
const modules: object[] = await Promise.all(readdirSync(folder).map((name) => import(join(folder, name))));
const tables = modules.flatMap((module) => Object.values(module).filter(isTable));
const keys = tables.flatMap(({ en, zh }) =>
  Object.keys(en).map((key) => ({ key, en: en[key]!, zh: zh[key]! })),
);

/** Names, units and examples that are the same in every language. */
const SAME = [/^GB$/, /^Z-Image-Turbo$/, /^\/home\/me\/ComfyUI\/models$/];

test('every word of the app is written in Chinese', () => {
  expect(keys.length).toBeGreaterThan(300);
  const untranslated = keys.filter(
    // What only puts values together says nothing itself.
    ({ en, zh }) =>
      /\p{L}/u.test(zh.replaceAll(/\{\w+\}/g, '')) &&
      !/\p{Script=Han}/u.test(zh) &&
      !(en === zh && SAME.some((same) => same.test(en))),
  );
  expect(untranslated).toEqual([]);
});

test('both languages fill in the same values', () => {
  const values = (words: string) => [...new Set(words.match(/\{\w+\}/g))].sort();
  for (const { key, en, zh } of keys) {
    expect(values(zh), key).toEqual(values(en));
    // Chinese knows one form.
    expect([1, en.split(' | ').length], key).toContain(zh.split(' | ').length);
  }
});

test('no two parts of the app use one key, and every table is in use', () => {
  expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
  for (const { key, en } of keys) if (!/[{|]/.test(en)) expect(text(key as 'ui.close')).toBe(en);
});
