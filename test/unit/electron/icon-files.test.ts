import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { iconFiles } from '../../../electron/icons/icon-files.ts';
import { maxDifference } from '../../support/max-difference.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Every PNG inside a file, decoded. */
async function picturesIn(file: Buffer) {
  const starts: number[] = [];
  for (let at = file.indexOf(PNG); at >= 0; at = file.indexOf(PNG, at + 1)) starts.push(at);
  return Promise.all(
    starts.map(async (start, i) => {
      const { data, info } = await sharp(file.subarray(start, starts[i + 1]))
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { size: info.width, pixels: Float32Array.from(data) };
    }),
  );
}

test('every form of the icon is drawn from icon.svg; `npm run icons` draws them anew', async () => {
  const svg = await readFile(join(root, 'electron', 'icons', 'icon.svg'));
  const sizes: Record<string, number[]> = {};
  for (const [path, content] of Object.entries(await iconFiles(svg))) {
    const drawn = await picturesIn(content);
    const kept = await picturesIn(await readFile(join(root, path)));
    sizes[path] = kept.map(({ size }) => size);
    expect(kept.map(({ size }) => size)).toEqual(drawn.map(({ size }) => size));
    for (const [i, { pixels }] of kept.entries())
      expect(maxDifference(pixels, drawn[i]!.pixels)).toBeLessThan(24);
  }
  expect(sizes).toEqual({
    'electron/icons/icon.png': [1024],
    'electron/icons/icon.ico': [16, 24, 32, 48, 64, 128, 256],
    'electron/icons/icon.icns': [32, 64, 128, 256, 256, 512, 512, 1024],
    'renderer/public/icon.png': [256],
  });
});
