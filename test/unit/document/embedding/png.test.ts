import { readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { concatBytes } from '../../../../nodes/document/embedding/bytes.ts';
import { embedText } from '../../../../nodes/document/embedding/embed-text.ts';
import { pngChunk, readPngChunks, writePngChunks } from '../../../../nodes/document/embedding/png-chunks.ts';
import { readText } from '../../../../nodes/document/embedding/read-text.ts';
import { entryLists, mutate, mutations, onlyUserErrors } from '../../../support/picture-fuzz.ts';

const inflate = (bytes: Uint8Array, maxOutput: number) => inflateSync(bytes, { maxOutputLength: maxOutput });
const read = (bytes: Uint8Array) => readText(bytes, inflate);
const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

const picture = new Uint8Array(
  await sharp({ create: { width: 5, height: 3, channels: 3, background: '#4080c0' } })
    .png()
    .toBuffer(),
);
const withChunks = (...added: [type: string, data: Uint8Array][]) => {
  const [header, ...rest] = readPngChunks(picture);
  return writePngChunks([header!, ...added.map(([type, data]) => pngChunk(type, data)), ...rest]);
};

test.each(['z_image_turbo_example.png', 'img2img_workflow.png'])('ComfyUI’s own texts: %s', async (name) => {
  const bytes = readFileSync(new URL(`../../../fixtures/comfyui/${name}`, import.meta.url));
  const texts = await read(bytes);
  const prompt = JSON.parse(texts.get('prompt')!.replaceAll('NaN', 'null'));
  expect(Object.values(prompt)).toContainEqual(expect.objectContaining({ class_type: 'KSampler' }));
  const workflow = JSON.parse(texts.get('workflow')!);
  expect(workflow.nodes.map((node: { type: string }) => node.type)).toContain('KSampler');
  expect(bytes.equals(writePngChunks(readPngChunks(bytes)))).toBe(true);
});

test('all three kinds of text chunk, Latin-1 and UTF-8, the first of equal keys', async () => {
  const bytes = withChunks(
    ['tEXt', latin1('Comment\0caf\xe9')],
    ['tEXt', concatBytes([latin1('utf8\0'), new TextEncoder().encode('漢字')])],
    ['zTXt', concatBytes([latin1('packed\0\0'), deflateSync('x'.repeat(1000))])],
    ['iTXt', concatBytes([latin1('both\0\x01\0de\0K\xc3\xa4se\0'), deflateSync('packed ü')])],
    ['tEXt', latin1('Comment\0second')],
  );
  expect(Object.fromEntries(await read(bytes))).toEqual({
    Comment: 'café',
    utf8: '漢字',
    packed: 'x'.repeat(1000),
    both: 'packed ü',
  });
});

test('any texts come back, other texts and the pixels stay', async () => {
  await fc.assert(
    fc.asyncProperty(entryLists, async (entries) => {
      const old = withChunks(['tEXt', latin1('Software\0other')]);
      const bytes = embedText(embedText(old, { kronode: 'replaced' }), { kronode: '{}', ...entries });
      const expected: Record<string, string> = { Software: 'other', kronode: '{}', ...entries };
      expect(Object.fromEntries(await read(bytes))).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
  const saved = await sharp(embedText(picture, { kronode: '{"x":"é漢"}' }))
    .raw()
    .toBuffer();
  expect(saved).toEqual(await sharp(picture).raw().toBuffer());
});

test('arbitrary bytes are refused in words', async () => {
  const signature = picture.subarray(0, 8);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, signed) => {
      const file = signed ? concatBytes([signature, bytes]) : bytes;
      await expect(read(file)).rejects.toBeInstanceOf(UserError);
    }),
    { numRuns: 1000 },
  );
});

test('mutated files are read or refused in words', async () => {
  const whole = embedText(
    withChunks(['zTXt', concatBytes([latin1('packed\0\0'), deflateSync('text'.repeat(50))])]),
    { kronode: '{"nodes":{}}' },
  );
  await fc.assert(
    fc.asyncProperty(mutations, (changes) =>
      onlyUserErrors(async () => {
        const file = mutate(whole, changes);
        await read(file);
        await read(embedText(file, { kronode: 'x' }));
      }),
    ),
    { numRuns: 1500 },
  );
});

test('a text that unpacks to more than 16 MB is refused', async () => {
  const bomb = withChunks(['zTXt', concatBytes([latin1('bomb\0\0'), deflateSync(Buffer.alloc(20 << 20))])]);
  await expect(read(bomb)).rejects.toThrow(/cannot be unpacked within/);
  const halves = ['a', 'b'].map((key): [string, Uint8Array] => [
    'zTXt',
    concatBytes([latin1(`${key}\0\0`), deflateSync(Buffer.alloc(10 << 20))]),
  ]);
  await expect(read(withChunks(...halves))).rejects.toBeInstanceOf(UserError);
  expect(() => embedText(picture, { kronode: 'x'.repeat(17 << 20) })).toThrow('more than 16 MB');
});

test('a wrong checksum, a cut file and a bad key are told', async () => {
  const bytes = embedText(picture, { kronode: 'abc' });
  const broken = bytes.slice();
  broken[Buffer.from(broken).indexOf('abc')]! ^= 1;
  await expect(read(broken)).rejects.toThrow('checksum of a iTXt chunk');
  await expect(read(bytes.subarray(0, bytes.length - 6))).rejects.toThrow('without its last chunk');
  for (const key of ['', ' x', 'a  b', 'a:b', 'é', 'k'.repeat(80)])
    expect(() => embedText(picture, { [key]: 'x' }), key).toThrow(UserError);
});
