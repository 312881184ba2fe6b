import type { ExitReport } from './engine-child.ts';

const CRASHES: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGBUS', 'SIGTRAP', 'SIGFPE']);

/** How a process ended, as the second half of a sentence. */
export function exitReason({ code, signal }: ExitReport): string {
  if (signal === 'SIGKILL') return 'the system ended it, most likely for lack of memory (SIGKILL)';
  if (signal !== null) return CRASHES.has(signal) ? `it crashed (${signal})` : `it was ended (${signal})`;
  return `it ended with code ${code}`;
}
