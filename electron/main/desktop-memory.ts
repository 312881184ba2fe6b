import { join } from 'node:path';
import { z } from 'zod';
import { type JsonFile, openJsonFile } from '../../nodes/host/json-file.ts';

const zBounds = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(1),
  height: z.number().int().min(1),
});

const zMemory = z.object({
  bounds: zBounds.optional(),
  maximized: z.boolean().default(false),
  theme: z.enum(['dark', 'light', 'system']).default('dark'),
  language: z.enum(['en', 'zh']).optional(),
  /** Paths of workflows opened or saved last, newest first. */
  recent: z.array(z.string()).default([]),
});
type Remembered = z.output<typeof zMemory>;

/** What the desktop app remembers between two starts. */
export class DesktopMemory {
  readonly #file: JsonFile<Remembered>;
  readonly #onFailure: (error: unknown) => void;
  #value: Remembered;
  #saving: Promise<void> | undefined;

  private constructor(file: JsonFile<Remembered>, onFailure: (error: unknown) => void) {
    this.#file = file;
    this.#value = file.value;
    this.#onFailure = onFailure;
  }

  static async open(folder: string, onFailure: (error: unknown) => void): Promise<DesktopMemory> {
    return new DesktopMemory(await openJsonFile(join(folder, 'desktop.json'), zMemory, onFailure), onFailure);
  }

  get value(): Remembered {
    return this.#value;
  }

  /** Changes are written one after another; of those that come meanwhile only the newest. */
  update(change: Partial<Remembered>): void {
    this.#value = { ...this.#value, ...change };
    this.#saving ??= this.#drain();
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    await this.#saving;
  }

  async #drain(): Promise<void> {
    while (this.#file.value !== this.#value) {
      try {
        await this.#file.save(this.#value);
      } catch (error) {
        this.#onFailure(error);
      }
    }
    this.#saving = undefined;
  }
}
