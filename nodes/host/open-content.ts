import { inflateSync } from 'node:zlib';
import { UserError } from '../core/errors.ts';
import { DOCUMENT_TEXT_KEY } from '../document/embedding/keys.ts';
import { readText } from '../document/embedding/read-text.ts';
import { type OpenedDocument, openDocument } from '../document/open.ts';
import { library } from '../library/index.ts';

/** Text chunks of a PNG or WebP picture, unpacked where they are compressed. */
export const readPictureTexts = (bytes: Uint8Array): Promise<Map<string, string>> =>
  readText(bytes, (packed, maxOutputLength) => inflateSync(packed, { maxOutputLength }));

/**
 * Text of the workflow a picture carries.
 * @throws UserError when it carries none.
 */
export async function documentInPicture(bytes: Uint8Array): Promise<string> {
  const texts = await readPictureTexts(bytes);
  const document = texts.get(DOCUMENT_TEXT_KEY);
  if (document !== undefined) return document;
  throw new UserError(
    texts.has('workflow') || texts.has('prompt')
      ? 'This picture carries a ComfyUI workflow, which Kronode cannot import yet.'
      : 'This picture carries no workflow.',
    { hint: 'Use a picture that Kronode saved, or a workflow file.' },
  );
}

/**
 * Opens the text of a workflow, or a picture that carries one.
 * @throws UserError in one sentence.
 */
export const openContent = async (content: string | Uint8Array): Promise<OpenedDocument> =>
  openDocument(typeof content === 'string' ? content : await documentInPicture(content), library);
