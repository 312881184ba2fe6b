import { open } from 'node:fs/promises';
import { fileError } from './wording.ts';

/** What a file that is not safetensors is, and what to use in its place. */
export interface ForeignFile {
  /** Completes "… is ". */
  readonly what: string;
  readonly instead: string;
}

/** Names under which models lie about that are not read. */
export const foreignName = /\.(gguf|ckpt|pth?|bin)$/i;

/** What a file is, by its first bytes, where it is one that people take for a model to use here. */
export async function foreignFileAt(path: string): Promise<ForeignFile | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const start = Buffer.alloc(512);
      const { bytesRead } = await handle.read(start, 0, start.length, 0);
      return recogniseForeign(start.subarray(0, bytesRead));
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
  if (start.length >= 8 && start.subarray(0, 512).every((byte) => byte === 0))
    return { what: 'filled with zeros: a download that was never finished', instead: downloadAgain };
  return undefined;
}
