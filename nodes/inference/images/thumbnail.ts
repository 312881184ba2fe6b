import sharp from 'sharp';
import { messageOf, UserError } from '../../core/errors.ts';
import { MAX_PIXELS } from './picture-size.ts';

/** Longer side of a thumbnail, in pixels: sharp at twice the size it is shown in. */
const THUMBNAIL_SIDE = 320;

/**
 * A WebP of at most 320×320 pixels; smaller pictures keep their size.
 * @param source the bytes of a picture, or its path
 * @param name what to call the picture in messages
 * @throws UserError when it is missing, damaged or too large.
 */
export async function makeThumbnail(
  source: Uint8Array | string,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const picture = sharp(source, { limitInputPixels: MAX_PIXELS, sequentialRead: true })
      .autoOrient()
      .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 });
    return new Uint8Array(await picture.toBuffer());
  } catch (error) {
    const isMissing = /missing|unable to open|no such file/i.test(messageOf(error));
    throw new UserError(
      isMissing ? `${name} is not there any more.` : `${name} cannot be read: ${messageOf(error).trim()}.`,
      { cause: error },
    );
  }
}
