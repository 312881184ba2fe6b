import { existsSync } from 'node:fs';
import { app } from 'electron';
import type { DesktopMemory } from './desktop-memory.ts';

const LIMIT = 12;

/** The workflows opened or saved last, as the menu and the system list them. */
export class RecentFiles {
  readonly #memory: DesktopMemory;
  readonly #onChange: () => void;

  constructor(memory: DesktopMemory, onChange: () => void) {
    this.#memory = memory;
    this.#onChange = onChange;
  }

  /** Newest first. */
  get paths(): readonly string[] {
    return this.#memory.value.recent;
  }

  add(path: string): void {
    app.addRecentDocument(path);
    this.#set([path, ...this.paths.filter((other) => other !== path)].slice(0, LIMIT));
  }

  /** Forgets what is not there any more. */
  prune(): void {
    const there = this.paths.filter((path) => existsSync(path));
    if (there.length < this.paths.length) this.#set(there);
  }

  clear(): void {
    app.clearRecentDocuments();
    this.#set([]);
  }

  #set(recent: string[]): void {
    this.#memory.update({ recent });
    this.#onChange();
  }
}
