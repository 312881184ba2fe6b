import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { DEFAULT_NAME_PATTERN, outputName } from '../../../../nodes/core/output-name.ts';
import { saveNamed } from '../../../../nodes/inference/images/save-file.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const failure = vi.hoisted(() => ({ write: '', link: '' }));
const fail = (code: string) => Object.assign(new Error(`${code}: simulated`), { code });

/** The real file system, but writing stops half way, or links are refused, when a test says so. */
vi.mock('node:fs/promises', async (importActual) => {
  const real = await importActual<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args);
      if (!failure.write) return file;
      file.writeFile = async (data) => {
        await file.write((data as Uint8Array).subarray(0, 2));
        throw fail(failure.write);
      };
      return file;
    },
    link: async (...args: Parameters<typeof real.link>) => {
      if (failure.link) throw fail(failure.link);
      return real.link(...args);
    },
  };
});

beforeEach(() => {
  Object.assign(failure, { write: '', link: '' });
});

const bytes = Uint8Array.of(1, 2, 3, 4);
const saveNumbered = (
  folder: string,
  name: string,
  extension: string,
  data: Uint8Array,
  pattern = DEFAULT_NAME_PATTERN,
) => saveNamed(folder, outputName(pattern, { name, title: '', seed: '', at: new Date() }), extension, data);

test('files are numbered on, in sub-folders, and nothing is left beside them', async () => {
  const folder = await tempFolder();
  const saved = [
    await saveNumbered(folder, 'cats/red', 'png', bytes),
    await saveNumbered(folder, 'cats/red', 'webp', bytes),
    await saveNumbered(folder, 'cats\\red', 'png', bytes),
  ];
  expect(saved.map((path) => relative(folder, path).replaceAll('\\', '/'))).toEqual([
    'cats/red_00001.png',
    'cats/red_00002.webp',
    'cats/red_00003.png',
  ]);
  expect(await readdir(join(folder, 'cats'))).toHaveLength(3);
  expect(new Uint8Array(await readFile(saved[0]!))).toEqual(bytes);
});

test('without a number in the pattern only names that are taken get one', async () => {
  const folder = await tempFolder();
  const names = [];
  for (let i = 0; i < 3; i++) names.push(await saveNumbered(folder, 'cat', 'png', bytes, '{name}'));
  expect(names.map((path) => basename(path))).toEqual(['cat.png', 'cat_2.png', 'cat_3.png']);
});

test('the number may stand anywhere in the name, and counts names like it only', async () => {
  const folder = await tempFolder();
  for (const other of ['00041 dog.png', '00007 cat.webp', '9 cats.png', 'x00099 cat.png'])
    await writeFile(join(folder, other), '');
  const path = await saveNumbered(folder, 'Cat', 'png', bytes, '{counter} {name}');
  expect(basename(path)).toBe('00008 Cat.png');
});

test.each(['', 'EPERM'])(
  'many savers at once never overwrite each other (link fails with "%s")',
  async (code) => {
    failure.link = code;
    const folder = await tempFolder();
    await writeFile(join(folder, 'A_00007.png'), 'old');
    const paths = await Promise.all(
      Array.from({ length: 20 }, (_, i) => saveNumbered(folder, 'a', 'png', Uint8Array.of(i))),
    );
    expect(new Set(paths).size).toBe(20);
    expect(paths.map((path) => basename(path)).sort()[0]).toBe('a_00008.png');
    for (const [i, path] of paths.entries()) expect([...(await readFile(path))]).toEqual([i]);
    expect(await readdir(folder)).toHaveLength(21);
  },
);

test.each([
  ['ENOSPC', 'disk is full'],
  ['EROFS', 'read-only'],
  ['EIO', 'simulated'],
])('when writing fails with %s nothing is left and the reason is told', async (code, words) => {
  const folder = await tempFolder();
  failure.write = code;
  const error = await saveNumbered(folder, 'cats/x', 'png', bytes).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toContain(words);
  expect((error as UserError).message).toContain(join(folder, 'cats'));
  expect(await readdir(join(folder, 'cats'))).toEqual([]);
});

test('a file in the place of a folder is told', async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, 'cats'), 'not a folder');
  await expect(saveNumbered(folder, 'cats/x', 'png', bytes)).rejects.toThrow(
    'a file is where a folder should be',
  );
  await expect(saveNumbered(folder, 'cats/x/y', 'png', bytes)).rejects.toThrow(
    'a file is where a folder should be',
  );
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'a forbidden folder is told',
  async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, 'locked'));
    await chmod(join(folder, 'locked'), 0o555);
    await expect(saveNumbered(folder, 'locked/x', 'png', bytes)).rejects.toThrow('may not write there');
  },
);
