import type { Desktop } from '../desktop/desktop.ts';
import type { RunSession } from '../engine-client/run-session.ts';
import type { FileAccess } from '../files/file-access.ts';

/** What the page was given to work with when it started. */
interface Services {
  readonly session: RunSession;
  readonly files: FileAccess;
  /** Absent in a browser. */
  readonly desktop?: Desktop;
}

let current: Services | undefined;

export const provideServices = (services: Services): void => {
  current = services;
};

export function services(): Services {
  if (!current) throw new Error('The app has not started yet.');
  return current;
}
