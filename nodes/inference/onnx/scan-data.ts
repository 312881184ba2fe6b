import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { quoted } from '../checkpoints/wording.ts';
import { ProtoError } from './proto-reader.ts';

/** Where an initializer says its bytes are. */
export interface StatedPlace {
  readonly location: string;
  readonly offset: number;
  /** Absent where all that follows is meant. */
  readonly length: number | undefined;
}

/** A piece of a file that is there. */
export interface FilePlace {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

const LONGEST_LOCATION = 1024;

/**
 * Finds the files beside a model that its weights lie in. They have to be inside the folder of the
 * model: a path that leaves it, by itself or through a link, is refused. Where the model itself is a
 * link, as in the caches of Hugging Face, its data may also be beside the file that it leads to.
 */
export class DataFiles {
  readonly #folder: string;
  readonly #allowed: readonly string[];
  readonly #sizes = new Map<string, number>();

  /** @param model absolute path of the .onnx file */
  constructor(model: string) {
    this.#folder = dirname(model);
    this.#allowed = [...new Set([realpathSync(this.#folder), dirname(realpathSync(model))])];
  }

  /** Absolute paths of all files found so far. */
  get files(): readonly string[] {
    return [...this.#sizes.keys()];
  }

  /**
   * @param needed bytes of the tensor
   * @throws ProtoError telling what is wrong as a clause
   */
  place({ location, offset, length }: StatedPlace, needed: number, tensor: string): FilePlace {
    const file = this.#fileOf(location);
    const size = this.#sizeOf(file, location);
    const what = `its weight ${quoted(tensor)}`;
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new ProtoError(`${what} begins at the impossible place ${offset} of ${quoted(location)}`);
    if (length !== undefined && length !== needed)
      throw new ProtoError(`${what} needs ${needed} bytes and states ${length}`);
    if (offset + needed > size)
      throw new ProtoError(
        `${what} ends at ${offset + needed} bytes of ${quoted(location)}, which has only ${size}: the file is cut off or belongs to another model`,
      );
    return { file, offset, length: needed };
  }

  #fileOf(location: string): string {
    const refuse = (why: string): never => {
      throw new ProtoError(`it names ${quoted(location)} for its weights, ${why}`);
    };
    if (location === '' || location.length > LONGEST_LOCATION || location.includes('\0'))
      refuse('which is no file name');
    if (isAbsolute(location) || /^[a-z]:|^[\\/]/i.test(location))
      refuse('which is not inside its own folder');
    if (location.split(/[\\/]/).includes('..')) refuse('which leads out of its folder');
    return join(this.#folder, location);
  }

  #sizeOf(file: string, location: string): number {
    const known = this.#sizes.get(file);
    if (known !== undefined) return known;
    let real: string;
    try {
      real = realpathSync(file);
    } catch {
      throw new ProtoError(`the file ${quoted(location)} with its weights is missing`);
    }
    if (!this.#allowed.some((folder) => isInside(folder, real)))
      throw new ProtoError(
        `the file ${quoted(location)} with its weights is a link that leads out of its folder`,
      );
    const status = statSync(real);
    if (!status.isFile()) throw new ProtoError(`${quoted(location)}, named for its weights, is no file`);
    this.#sizes.set(file, status.size);
    return status.size;
  }
}

function isInside(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
