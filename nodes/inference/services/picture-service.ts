import { readFile } from 'node:fs/promises';
import { outputName } from '../../core/output-name.ts';
import { embedText } from '../../document/embedding/embed-text.ts';
import type { PictureService } from '../../execution/services.ts';
import { cropImage } from '../images/crop.ts';
import { decodePicture } from '../images/decode-picture.ts';
import { encodePicture, picturesOf } from '../images/encode-picture.ts';
import { imageGrid } from '../images/grid.ts';
import { labelledSheet } from '../images/labelled-sheet.ts';
import { sizeOf } from '../images/picture-size.ts';
import { resizeImage } from '../images/resize.ts';
import { saveNamed } from '../images/save-file.ts';
import type { PictureFolders } from './picture-folders.ts';

/**
 * Reads pictures from the registered folders and writes them below one output folder.
 * @param namePattern of the files, see core/output-name.ts; asked for with every picture
 */
export function createPictureService(
  folders: PictureFolders,
  outputFolder: string,
  namePattern: () => string,
): PictureService {
  return {
    read: async (name) => decodePicture(await readFile(await folders.resolve(name)), name),

    async save(image, { name, title, seeds, format, texts }) {
      const { width, height } = sizeOf(image);
      const saved = [];
      const at = new Date();
      for (const [i, picture] of picturesOf(image).entries()) {
        const bytes = await encodePicture(picture, format);
        const whole = Object.keys(texts).length > 0 ? embedText(bytes, texts) : bytes;
        const named = outputName(namePattern(), { name, title, seed: seeds[i] ?? seeds[0] ?? '', at });
        saved.push({ path: await saveNamed(outputFolder, named, format, whole), width, height });
      }
      return saved;
    },

    encode: (image) => Promise.all(picturesOf(image).map((picture) => encodePicture(picture, 'png'))),
    resize: async (image, size, options) => resizeImage(image, size, options),
    crop: cropImage,
    grid: imageGrid,
    sheet: labelledSheet,
  };
}
