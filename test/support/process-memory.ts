import { readFile } from 'node:fs/promises';

/** What the system says a process has in memory, in bytes. */
export interface ProcessMemory {
  /** Private, not backed by files. */
  readonly private: number;
  /** The most that was resident so far, pages of files included. */
  readonly peak: number;
}

/** @throws Error where it has ended, or the system is not Linux */
export async function memoryOf(pid: number | 'self'): Promise<ProcessMemory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (field: string): number => {
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    // A process that is ending has a status, but no memory.
    if (kilobytes === undefined) throw new Error(`Process ${pid} has no ${field}.`);
    return Number(kilobytes) * 1024;
  };
  return { private: bytes('RssAnon'), peak: bytes('VmHWM') };
}
