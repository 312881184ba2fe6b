import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { concatBytes, viewOf } from '../document/embedding/bytes.ts';
import { DOCUMENT_TEXT_KEY, RUN_TEXT_KEY } from '../document/embedding/keys.ts';
import { isPng, pngChunk, writePngChunks } from '../document/embedding/png-chunks.ts';
import { isWebp, readRiffChunks, webpSize } from '../document/embedding/riff.ts';
import { parseUntrustedJson } from '../document/json.ts';
import { zPicture } from '../protocol/contract.ts';
import { readPictureTexts } from './open-content.ts';

/** What a picture file says about itself before its pixels. */
export interface PictureHead {
  readonly width: number;
  readonly height: number;
  readonly facts: z.output<typeof zPicture>['facts'];
  /** Of the node that made it, as its run knew it. */
  readonly node?: string;
  /** Of the Kronode that made it. */
  readonly version?: string;
  readonly hasDocument: boolean;
}

type Made = Omit<PictureHead, 'width' | 'height'>;

/** Signature and IHDR chunk. */
const PNG_START = 33;
const MAX_TEXT_BYTES = 4 * 2 ** 20;
const MAX_WEBP_BYTES = 64 * 2 ** 20;

const zRun = z.object({
  facts: zPicture.shape.facts.max(1000),
  node: z.string().max(1000).exactOptional(),
  version: z.string().max(100).exactOptional(),
});

/**
 * Size and facts of a PNG or WebP file, reading as little of it as possible; undefined where it is
 * neither, or damaged.
 */
export async function readPictureHead(path: string): Promise<PictureHead | undefined> {
  const file = await open(path, 'r');
  try {
    const start = await readAt(file, 0, PNG_START);
    if (isPng(start) && start.length === PNG_START) return await pngHead(file, start);
    if (isWebp(start)) return await webpHead(file);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

async function pngHead(file: FileHandle, start: Uint8Array): Promise<PictureHead> {
  const texts: Uint8Array[] = [];
  let at = PNG_START;
  for (;;) {
    const head = await readAt(file, at, 8);
    if (head.length < 8) break;
    const type = String.fromCharCode(...head.subarray(4));
    if (type === 'IDAT' || type === 'IEND') break;
    const whole = viewOf(head).getUint32(0) + 12;
    if (/^(?:tEXt|zTXt|iTXt)$/.test(type) && whole <= MAX_TEXT_BYTES)
      texts.push(await readAt(file, at, whole));
    at += whole;
  }
  const view = viewOf(start);
  const end = writePngChunks([pngChunk('IEND', new Uint8Array())]).subarray(8);
  const made = await madeBy(concatBytes([start, ...texts, end]));
  return { width: view.getUint32(16), height: view.getUint32(20), ...made };
}

async function webpHead(file: FileHandle): Promise<PictureHead | undefined> {
  const { size } = await file.stat();
  if (size > MAX_WEBP_BYTES) return undefined;
  const bytes = await readAt(file, 0, size);
  return { ...webpSize(readRiffChunks(bytes)), ...(await madeBy(bytes)) };
}

/** A picture that says nothing sensible about its making is still a picture. */
async function madeBy(bytes: Uint8Array): Promise<Made> {
  const texts = await readPictureTexts(bytes);
  const hasDocument = texts.has(DOCUMENT_TEXT_KEY);
  const run = texts.get(RUN_TEXT_KEY);
  try {
    const known = run === undefined ? undefined : zRun.safeParse(parseUntrustedJson(run)).data;
    return { facts: [], ...known, hasDocument };
  } catch (error) {
    if (error instanceof UserError) return { facts: [], hasDocument };
    throw error;
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}
