import sharp from 'sharp';
import { messageOf, UserError } from '../../core/errors.ts';
import { tensor } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';
import { checkPictureSize } from './picture-size.ts';
import { toRgb } from './pixel-bytes.ts';

const FORMATS: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp']);

const unreadable = (name: string, error: unknown) =>
  new UserError(
    `The picture ${name} cannot be read: ${messageOf(error)
      .trim()
      .replace(/[.:]+$/, '')}.`,
    {
      hint: 'The file is damaged or not a picture; open it in an image viewer and save it again.',
      cause: error,
    },
  );

async function describe(bytes: Uint8Array, name: string) {
  try {
    return await sharp(bytes).metadata();
  } catch (error) {
    throw unreadable(name, error);
  }
}

/**
 * Decodes a PNG, JPEG or WebP file (8 or 16 bit, grey or colour) to IMAGE [1, height, width, 3], turned upright by its
 * EXIF orientation, converted to sRGB, laid over white where transparent. Of an animation, the first frame.
 * @param name what to call the file in messages
 * @throws UserError for a damaged file, another format, or more than 64 megapixels (told before decoding).
 */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Image> {
  const { format, width, height, depth } = await describe(bytes, name);
  if (!FORMATS.has(format))
    throw new UserError(`The picture ${name} is ${format.toUpperCase()}.`, {
      hint: 'Kronode reads PNG, JPEG and WebP.',
    });
  checkPictureSize(width, height, `The picture ${name}`);
  const isDeep = depth === 'ushort';
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .autoOrient()
      .toColourspace(isDeep ? 'rgb16' : 'srgb')
      .raw({ depth: isDeep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    const rgb = toRgb(samples, info.channels, isDeep ? 65_535 : 255);
    return { pixels: tensor([1, info.height, info.width, 3], rgb) };
  } catch (error) {
    throw unreadable(name, error);
  }
}
