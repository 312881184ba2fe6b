import type { FileReference } from '../../core/values.ts';
import type { Adapter } from '../adapters/adapter.ts';
import { type LiveAdapter, liveAdapter } from '../adapters/live-adapter.ts';
import { readAdapter } from '../adapters/read-adapter.ts';
import { sha256OfFile } from '../checkpoints/file-hash.ts';
import type { OpenedPart } from '../checkpoints/model-folder.ts';
import type { ModelRegistry } from '../checkpoints/registry.ts';
import { openForeignAdapter } from '../foreign/open-adapter.ts';

/** Adapters that were read against a model; changing a strength reads nothing again. */
export class AdapterLibrary {
  readonly #registry: ModelRegistry;
  /** By the transformer they were laid over, then by their content. */
  readonly #opened = new WeakMap<OpenedPart, Map<string, Promise<LiveAdapter>>>();

  constructor(registry: ModelRegistry) {
    this.#registry = registry;
  }

  /** @throws UserError where no registered folder has the file */
  async reference(name: string): Promise<FileReference> {
    return { name, sha256: await sha256OfFile(await this.#registry.resolve('adapter', { name })) };
  }

  /** @throws UserError where the file is no adapter, is damaged, or changes no layer of the model */
  open(file: FileReference, model: OpenedPart<'transformer'>, signal?: AbortSignal): Promise<LiveAdapter> {
    const known = this.#opened.get(model) ?? new Map<string, Promise<LiveAdapter>>();
    this.#opened.set(model, known);
    const key = `${file.name} ${file.sha256}`;
    const adapter = known.get(key) ?? this.#read(file, model, signal);
    known.set(key, adapter);
    adapter.catch(() => known.delete(key));
    return adapter;
  }

  /** Reads an adapter without a model: every module of it counts, under the file's own names. */
  async read(name: string, signal?: AbortSignal): Promise<Adapter> {
    const path = await this.#registry.resolve('adapter', { name });
    return readAdapter(path, undefined, signal ? { signal } : {});
  }

  async #read(
    file: FileReference,
    { weights, ready }: OpenedPart<'transformer'>,
    signal?: AbortSignal,
  ): Promise<LiveAdapter> {
    const path = await this.#registry.resolve('adapter', file);
    if (ready) return openForeignAdapter(path, ready, signal);
    return liveAdapter(await readAdapter(path, weights, signal ? { signal } : {}), weights);
  }
}
