import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DEFAULT_NAME_PATTERN,
  namedPath,
  nameTokens,
  outputName,
  patternProblem,
} from '../../../nodes/core/output-name.ts';

const at = new Date(2031, 0, 9, 7, 5, 3);
const values = { name: 'cat', title: 'My cats', seed: '42', at };
const pathOf = (pattern: string, change: Partial<typeof values> = {}) =>
  namedPath(outputName(pattern, { ...values, ...change }), 7, 'png');

test.each([
  ['', 'kronode_00007.png'],
  ['cat', 'cat_00007.png'],
  ['../../etc/passwd', 'etc/passwd_00007.png'],
  ['/abs/x', 'abs/x_00007.png'],
  ['C:\\Windows\\x', 'C_/Windows/x_00007.png'],
  ['a/./../b/', 'a/b/kronode_00007.png'],
  ['CON', '_CON_00007.png'],
  ['nul.txt/com1', '_nul.txt/_com1_00007.png'],
  ['trailing. . .', 'trailing_00007.png'],
  ['red: 1?<>|"*', 'red_ 1_______00007.png'],
  ['a\u0000b\nc', 'a_b_c_00007.png'],
  ['猫/é', '猫/é_00007.png'],
  ['{seed}/{title}', '42/My cats_00007.png'],
])('a node that says %j', (name, path) => {
  expect(pathOf(DEFAULT_NAME_PATTERN, { name })).toBe(path);
});

test.each([
  ['{date}/{time} {seed}', '2031-01-09/07-05-03 42.png'],
  ['{counter}', '00007.png'],
  ['{counter} {title}', '00007 My cats.png'],
  ['{name}_{counter}_{counter}', 'cat_00007_.png'],
  ['{counter}/{name}', 'cat.png'],
  ['../{name}', 'cat.png'],
  ['{name}{other}', 'cat{other}.png'],
])('the pattern %j', (pattern, path) => {
  expect(pathOf(pattern)).toBe(path);
});

test('a value is one name: it makes no folder and no token', () => {
  expect(pathOf('{title}', { title: '../a/{seed}\\b' })).toBe('.._a_{seed}_b.png');
  expect(pathOf('{title}{counter}', { title: 'CON' })).toBe('_CON00007.png');
});

test.each([
  ['', 'empty'],
  ['  ', 'empty'],
  ['{date}/', 'empty'],
  [`${'a'.repeat(201)}`, 'too-long'],
  ['/out/{name}', 'leaves-folder'],
  ['C:\\out', 'leaves-folder'],
  ['{date}/../{name}', 'leaves-folder'],
  ['{counter}/{name}', 'counter-in-folder'],
  ['{nam}', 'unknown-token'],
  ['{}', 'unknown-token'],
])('%j is no pattern: %s', (pattern, kind) => {
  expect(patternProblem(pattern)).toMatchObject({ kind });
});

test('every token may be used', () => {
  expect(patternProblem(nameTokens.map((token) => `{${token}}`).join(' '))).toBeUndefined();
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '..',
        '.',
        '/',
        '\\',
        'a',
        ' ',
        ':',
        'con',
        '~',
        '猫',
        '\uE000',
        '{counter}',
        '{name}',
        '{seed}',
        '{title}',
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
);

test('any pattern with any values stays inside the folder, under a name every system takes', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, anyText, (pattern, name, title, seed) => {
      const path = namedPath(outputName(pattern, { name, title, seed, at }), 123456, 'png');
      const parts = path.split('/');
      for (const part of parts) {
        expect(part).not.toMatch(/[/\\<>:"|?*\p{Cc}]|^\.*$|[. ]$|^(con|nul|aux|prn)(\.|$)/iu);
        expect(Buffer.byteLength(part)).toBeLessThanOrEqual(220);
      }
      expect(relative('/out', join('/out', ...parts))).toBe(join(...parts));
    }),
    { numRuns: 2000 },
  );
});
