import { useEffect, useState } from 'react';
import { messageOf } from '../../nodes/core/errors.ts';
import { services } from '../app/services.ts';
import type { Size } from '../editor/canvas-handle.ts';
import type { ViewerSource } from '../state/viewer-store.ts';

/** Whole pictures that were looked at last, the oldest first. */
const recent = new Map<string, Promise<Blob>>();
const KEPT = 8;

const typeOf = (bytes: Uint8Array): string => (bytes[0] === 0x89 ? 'image/png' : 'image/webp');

async function load(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** What a picture of the page looks like: the page may draw its own URLs, not fetch them. */
async function drawn(url: string): Promise<Blob> {
  const image = await load(url);
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

async function fetchBlob(source: ViewerSource): Promise<Blob> {
  if ('url' in source) return drawn(source.url);
  const bytes = await services().session.engine.call('pictures/bytes', { id: source.id, size: 'full' });
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: typeOf(bytes) });
}

/**
 * The file of a picture.
 * @throws UserError when it is gone.
 */
export function blobOf(source: ViewerSource): Promise<Blob> {
  const key = 'id' in source ? source.id : source.url;
  const blob = recent.get(key) ?? fetchBlob(source);
  recent.delete(key);
  recent.set(key, blob);
  blob.catch(() => recent.delete(key));
  const [oldest] = recent.keys();
  if (recent.size > KEPT && oldest !== undefined) recent.delete(oldest);
  return blob;
}

export interface LoadedPicture {
  readonly url: string;
  readonly size: Size;
}

/** A picture that is ready to be drawn; undefined while it loads, a sentence when it cannot be had. */
export function usePicture(source: ViewerSource): LoadedPicture | string | undefined {
  const [loaded, setLoaded] = useState<{
    readonly of: ViewerSource;
    readonly result: LoadedPicture | string;
  }>();
  useEffect(() => {
    let isGone = false;
    let url: string | undefined;
    const prepare = async (): Promise<LoadedPicture> => {
      if ('id' in source) url = URL.createObjectURL(await blobOf(source));
      const image = await load('url' in source ? source.url : (url ?? ''));
      return { url: image.src, size: { width: image.naturalWidth, height: image.naturalHeight } };
    };
    const set = (result: LoadedPicture | string) => {
      if (!isGone) setLoaded({ of: source, result });
    };
    prepare().then(set, (error: unknown) => set(messageOf(error)));
    return () => {
      isGone = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [source]);
  // The picture before stays until the next one can be drawn in its place.
  return loaded?.result;
}
