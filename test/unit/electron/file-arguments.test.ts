import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { filesIn } from '../../../electron/main/file-arguments.ts';

test('of a command line, files are what can be opened', () => {
  const args = [
    '/app',
    '--no-sandbox',
    '--file=x.json',
    'a.kronode.json',
    '/b/c.PNG',
    'short.kronode',
    'notes.txt',
    '-x.json',
  ];
  expect(filesIn(args, '/home/me')).toEqual([
    resolve('/home/me/a.kronode.json'),
    resolve('/b/c.PNG'),
    resolve('/home/me/short.kronode'),
  ]);
});
