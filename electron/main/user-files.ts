import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { isWorkflowName } from '../../nodes/document/file-name.ts';
import { codeOf, writeAtomically } from '../../nodes/host/atomic-file.ts';
import type { NamedFile, ReadFile } from '../ipc/channels.ts';

/** No workflow and no picture that carries one is larger. */
const MAX_BYTES = 256 * 2 ** 20;

/**
 * The files a person chose in this session. The page knows them by ids that tell nothing, and can
 * reach no others.
 */
export class UserFiles {
  readonly #paths = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  /** @throws UserError when the page names a file that nobody chose. */
  pathOf(id: string): string {
    const path = this.#paths.get(id);
    if (path === undefined)
      throw new UserError('Kronode does not know this file any more.', { hint: 'Save it with “Save as…”.' });
    return path;
  }

  /** @throws UserError when it cannot be read. */
  async read(path: string): Promise<ReadFile> {
    const { id, name } = this.#named(path);
    try {
      const info = await stat(path);
      if (!info.isFile()) throw new UserError(`${name} is not a file.`);
      if (info.size > MAX_BYTES)
        throw new UserError(`${name} is too large for a workflow.`, {
          hint: `It has ${Math.round(info.size / 2 ** 20)} MB; at most ${MAX_BYTES / 2 ** 20} are read.`,
        });
      return { id, name, bytes: new Uint8Array(await readFile(path)), writable: isWorkflowName(path) };
    } catch (error) {
      throw error instanceof UserError ? error : new UserError(sentence(name, error), { cause: error });
    }
  }

  /** Writes it whole or not at all. @throws UserError when it cannot be written. */
  async write(path: string, text: string): Promise<NamedFile> {
    try {
      await writeAtomically(path, text);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // Where it lies is for the user, not for the page.
      throw new UserError(error.message.replaceAll(path, basename(path)), {
        ...(error.hint !== undefined && { hint: error.hint }),
        cause: error,
      });
    }
    return this.#named(path);
  }

  #named(path: string): NamedFile {
    const id = this.#ids.get(path) ?? randomBytes(12).toString('base64url');
    this.#ids.set(path, id);
    this.#paths.set(id, path);
    return { id, name: basename(path) };
  }
}

const sentence = (name: string, error: unknown): string =>
  codeOf(error) === 'ENOENT'
    ? `${name} is not there any more.`
    : `${name} cannot be read: ${codeOf(error) || messageOf(error)}.`;
