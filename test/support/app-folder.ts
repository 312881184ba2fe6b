import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { newBuildFolder } from './build-programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the suites of this run find the app that the first of them builds (built-app.ts). */
    readonly appFolder: string;
  }
}

/** Goes around a whole run of the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await newBuildFolder();
  project.provide('appFolder', folder);
  // Watched tests run again because something was changed.
  project.onTestsRerun(async () => {
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
  });
  return () => rm(folder, { recursive: true, force: true });
}
