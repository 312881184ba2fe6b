import { fileURLToPath } from 'node:url';

/** Absolute path of reference data, e.g. `goldenPath('vae-tiny/config.json')`. */
export const goldenPath = (path: string): string =>
  fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url));

/** Absolute path inside the embedded model. */
export const nanoPath = (path: string): string =>
  fileURLToPath(new URL(`../../nodes/models/nano/${path}`, import.meta.url));

/** Absolute path of the embedded model's reference outputs. */
export const nanoReferencePath = (path: string): string =>
  fileURLToPath(new URL(`../fixtures/nano/${path}`, import.meta.url));
