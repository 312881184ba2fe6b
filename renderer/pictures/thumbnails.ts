import { useEffect, useState } from 'react';
import { services } from '../app/services.ts';

/** Thumbnails asked for at once; the rest wait, and those last seen come first. */
const AT_ONCE = 6;
/** Kept beyond those that are seen. */
const KEPT = 300;

/** Object URLs by id, the least recently seen first. */
const urls = new Map<string, string>();
const uses = new Map<string, number>();
const waiting = new Map<string, Set<(url: string | undefined) => void>>();
const underWay = new Set<string>();

function next(): void {
  while (underWay.size < AT_ONCE) {
    const id = [...waiting.keys()].findLast((other) => !underWay.has(other));
    if (id === undefined) return;
    void fetchOne(id);
  }
}

async function fetchOne(id: string): Promise<void> {
  underWay.add(id);
  const url = await services()
    .session.engine.call('pictures/bytes', { id, size: 'thumbnail' })
    .then(
      (bytes) => URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/webp' })),
      // One that is gone, or damaged, is a tile without a picture.
      () => undefined,
    );
  underWay.delete(id);
  const asking = waiting.get(id);
  waiting.delete(id);
  if (url !== undefined) keep(id, url);
  for (const told of asking ?? []) told(url);
  next();
}

function keep(id: string, url: string): void {
  urls.set(id, url);
  for (const [old, oldUrl] of urls) {
    if (urls.size <= KEPT) return;
    if (uses.has(old) || old === id) continue;
    URL.revokeObjectURL(oldUrl);
    urls.delete(old);
  }
}

/** A small version of a picture, once it is there; undefined before, `'none'` when it cannot be had. */
export function useThumbnail(id: string): string | 'none' | undefined {
  const [url, setUrl] = useState(urls.get(id));
  useEffect(() => {
    uses.set(id, (uses.get(id) ?? 0) + 1);
    const known = urls.get(id);
    const told = (made: string | undefined) => setUrl(made ?? 'none');
    if (known !== undefined) {
      urls.delete(id);
      urls.set(id, known);
      setUrl(known);
    } else {
      waiting.set(id, (waiting.get(id) ?? new Set()).add(told));
      next();
    }
    return () => {
      const left = (uses.get(id) ?? 1) - 1;
      if (left > 0) uses.set(id, left);
      else uses.delete(id);
      const asking = waiting.get(id);
      asking?.delete(told);
      // What is no longer seen need not be fetched.
      if (asking?.size === 0 && !underWay.has(id)) waiting.delete(id);
    };
  }, [id]);
  return url;
}
