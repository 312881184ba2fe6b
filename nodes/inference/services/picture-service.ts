import { readFile } from 'node:fs/promises';
import { embedText } from '../../document/embedding/embed-text.ts';
import type { PictureService } from '../../execution/services.ts';
import { cropImage } from '../images/crop.ts';
import { decodePicture } from '../images/decode-picture.ts';
import { encodePicture, picturesOf } from '../images/encode-picture.ts';
import { imageGrid } from '../images/grid.ts';
import { sizeOf } from '../images/picture-size.ts';
import { resizeImage } from '../images/resize.ts';
import { saveNumbered } from '../images/save-file.ts';
import type { PictureFolders } from './picture-folders.ts';

/** Reads pictures from the registered folders and writes them below one output folder. */
export function createPictureService(folders: PictureFolders, outputFolder: string): PictureService {
  return {
    read: async (name) => decodePicture(await readFile(await folders.resolve(name)), name),

    async save(image, { prefix, format, texts }) {
      const { width, height } = sizeOf(image);
      const saved = [];
      for (const picture of picturesOf(image)) {
        const bytes = await encodePicture(picture, format);
        const whole = Object.keys(texts).length > 0 ? embedText(bytes, texts) : bytes;
        saved.push({ path: await saveNumbered(outputFolder, prefix, format, whole), width, height });
      }
      return saved;
    },

    encode: (image) => Promise.all(picturesOf(image).map((picture) => encodePicture(picture, 'png'))),
    resize: async (image, size, options) => resizeImage(image, size, options),
    crop: cropImage,
    grid: imageGrid,
  };
}
