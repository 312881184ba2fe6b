import { open } from 'node:fs/promises';
import { fileError, quoted } from './wording.ts';

/** What a file that is not safetensors is, and what to use in its place. */
export interface ForeignFile {
  /** Completes "… is ". */
  readonly what: string;
  readonly instead: string;
}

/** Names of safetensors files. */
export const weightsName = /\.(safetensors|sft)$/i;
/** Names under which models lie about that are mostly not read. */
export const foreignName = /\.(gguf|ckpt|pth?|bin)$/i;

/** What a file is, by its first bytes, where it is one that people take for a model to use here. */
export const foreignFileAt = async (path: string): Promise<ForeignFile | undefined> =>
  recogniseForeign(await startOf(path));

/** Whether a file looks like safetensors, whatever it is called: the length of a header, then JSON. */
export async function beginsAsSafetensors(path: string): Promise<boolean> {
  const start = await startOf(path);
  return (
    start.length > 8 && start.readBigUint64LE() < 2n ** 32n && /^\s*\{/.test(start.toString('latin1', 8))
  );
}

async function startOf(path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const start = Buffer.alloc(512);
      const { bytesRead } = await handle.read(start, 0, start.length, 0);
      return start.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}

const convert =
  'Use the .safetensors version of the model: pickle files can run programs when they are opened.';
const downloadAgain = 'Download the file itself; on a model page that is the download button of the file.';

/** Recognises, from its first bytes, a file that people take for safetensors. */
export function recogniseForeign(start: Uint8Array): ForeignFile | undefined {
  const text = new TextDecoder('latin1').decode(start.subarray(0, 512));
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06'))
    return { what: 'a zip archive, most likely a PyTorch checkpoint (.ckpt, .pt, .pth)', instead: convert };
  // Protocol 2 to 5, followed by an opcode that a saved state begins with.
  if (start[0] === 0x80 && [2, 3, 4, 5].includes(start[1] ?? 0) && '\x8a\x95}](.cX'.includes(text.charAt(2)))
    return { what: 'a Python pickle (.ckpt, .pt, .bin)', instead: convert };
  if (text.startsWith('GGUF'))
    return {
      what: 'a GGUF file of quantised weights',
      instead: 'Use the .safetensors version of the model (bf16 or fp16).',
    };
  if (text.startsWith('version https://git-lfs'))
    return {
      what: 'a git-lfs pointer, a note in place of the real file',
      instead: 'Run "git lfs pull" in the folder, or download the file itself.',
    };
  if (/^(ï»¿)?\s*<(!doctype|html|head|\?xml)/i.test(text))
    return { what: 'a web page saved under the name of a model', instead: downloadAgain };
  if (/^(ï»¿)?\s*[{[]\s*["[{\]}]/.test(text))
    return { what: 'a JSON text', instead: 'Choose the .safetensors file it belongs to.' };
  // What a server says in place of a file: "Entry not found", "Access to model … is restricted".
  if (/^[\t\n\r\x20-\x7e]+$/.test(text))
    return { what: `a text (${quoted(text.trim())})`, instead: downloadAgain };
  if (start.length >= 8 && start.subarray(0, 512).every((byte) => byte === 0))
    return { what: 'filled with zeros: a download that was never finished', instead: downloadAgain };
  return undefined;
}
