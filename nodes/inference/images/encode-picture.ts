import sharp, { type Sharp } from 'sharp';
import { rowsOf } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';
import type { PictureFormat } from '../../execution/services.ts';
import { sizeOf } from './picture-size.ts';
import { toBytes } from './pixel-bytes.ts';

/** Each picture of a batch as an IMAGE [1, height, width, 3]; views, no copy. */
export const picturesOf = (image: Image): Image[] => rowsOf(image.pixels).map((pixels) => ({ pixels }));

/** The picture in sharp; of a batch, the first. */
function toSharp(image: Image): Sharp {
  const { width, height } = sizeOf(image);
  const bytes = toBytes(image.pixels.data.subarray(0, width * height * 3));
  return sharp(bytes, { raw: { width, height, channels: 3 } });
}

const ENCODERS: Readonly<Record<PictureFormat, (picture: Sharp) => Sharp>> = {
  png: (picture) => picture.png({ compressionLevel: 6 }),
  webp: (picture) => picture.webp({ quality: 95, smartSubsample: true }),
  jpeg: (picture) => picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
};

/**
 * One picture as a file: 8 bits per channel, each value clamped to 0 to 1 and rounded as diffusers does.
 * Equal pixels give equal bytes.
 */
export const encodePicture = async (image: Image, format: PictureFormat): Promise<Uint8Array> =>
  new Uint8Array(await ENCODERS[format](toSharp(image)).toBuffer());

/** One picture as a small JPEG whose longer side is `side` pixels, for thumbnails and step previews. */
export const encodePreview = async (image: Image, side: number): Promise<Uint8Array> =>
  new Uint8Array(
    await toSharp(image)
      .resize(side, side, { fit: 'inside', kernel: 'cubic' })
      .jpeg({ quality: 85, chromaSubsampling: '4:4:4' })
      .toBuffer(),
  );
