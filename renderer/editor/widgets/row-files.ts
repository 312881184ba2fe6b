import { UserError } from '../../../nodes/core/errors.ts';
import type { FileKind } from '../../../nodes/core/inputs.ts';
import { services } from '../../app/services.ts';
import { listedFiles, listFiles } from '../../engine-client/file-lists.ts';
import { text } from '../../i18n/index.ts';

/**
 * The names by which Kronode knows files that were dropped. Pictures are added to the input folder;
 * of anything else only the name is known to a page, and it is looked up in the model folders.
 * @throws UserError naming a file that is in none of them.
 */
export async function namesOfDropped(kind: FileKind, files: readonly File[]): Promise<string[]> {
  if (kind === 'image') {
    const names: string[] = [];
    for (const file of files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const added = await services().session.engine.call('files/add-image', { name: file.name, bytes });
      names.push(added.name);
    }
    await listFiles(kind);
    return names;
  }
  await listFiles(kind);
  const known = listedFiles(kind);
  return files.map((file) => {
    const match = known.find(({ name }) => name === file.name || name.endsWith(`/${file.name}`));
    if (!match)
      throw new UserError(text('rows.unknown-file', { name: file.name }), {
        hint: text('rows.unknown-file-hint'),
      });
    return match.name;
  });
}
