import { messageOf } from '../core/errors.ts';
import type { LogEntry } from '../protocol/contract.ts';

const KEPT = 200;

/** What happened that people may want to read; the newest entries are kept. */
export class EngineLog {
  readonly #onEntry: (entry: LogEntry) => void;
  #entries: readonly LogEntry[] = [];

  constructor(onEntry: (entry: LogEntry) => void) {
    this.#onEntry = onEntry;
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  readonly info = (message: string): void => this.#add('info', message);
  readonly warn = (message: string): void => this.#add('warning', message);
  readonly error = (message: string): void => this.#add('error', message);
  /** Something no person can mend: its name goes into the log, its stack to whoever debugs. */
  readonly defect = (error: unknown, where: string): void => {
    this.#add('error', `Defect in ${where}: ${messageOf(error)}`);
    if (process.env.KRONODE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  };

  #add(level: LogEntry['level'], message: string): void {
    const entry = { at: Date.now(), level, message };
    this.#entries = [...this.#entries, entry].slice(-KEPT);
    this.#onEntry(entry);
  }
}
