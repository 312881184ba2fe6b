import { messageOf } from '../../nodes/core/errors.ts';

/** Does something with the browser's storage, which may be full, switched off for the page, or not there. */
function tried<T>(key: string, use: (storage: Storage | undefined) => T): T | undefined {
  try {
    return use(globalThis.localStorage);
  } catch (error) {
    // The page goes on with what it has; only the next visit will not know it.
    console.warn(`The browser keeps nothing for “${key}”: ${messageOf(error)}`);
    return undefined;
  }
}

/** What the browser keeps for this page under a name; undefined when it keeps nothing. */
export const keptText = (key: string): string | undefined =>
  tried(key, (storage) => storage?.getItem(key)) ?? undefined;

/** Lets the browser keep a text beyond this visit; undefined forgets it. */
export const keepText = (key: string, text: string | undefined): void =>
  tried(key, (storage) => (text === undefined ? storage?.removeItem(key) : storage?.setItem(key, text)));
