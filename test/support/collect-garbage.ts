import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of array buffers that are still in use. */
export function usedBufferBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('The collector cannot be reached.');
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
