import { open, stat } from 'node:fs/promises';
import { UserError } from '../../core/errors.ts';
import { fileError } from '../checkpoints/wording.ts';
import { looksLikeOnnx, type ScannedModel, scanModel } from '../onnx/scan.ts';
import { type LatentScaling, type Signature, signatureOf } from './signature.ts';

/** What an ONNX file is, without what it takes to run it. */
export interface OnnxFile {
  readonly path: string;
  readonly kind: Signature['kind'];
  /** For `unknown`: completes "This file …". */
  readonly why?: string;
  /** The file cannot be used at all: the whole sentence. */
  readonly problem?: string;
  /** Of a helper that only scales latents for the decoder. */
  readonly scaling?: LatentScaling;
  /** The file and those with its weights. */
  readonly files: readonly string[];
}

/** Remembered until the file changes: large graphs take a moment to read. */
const known = new Map<string, { readonly state: string; readonly file: OnnxFile }>();

/** Tells what an ONNX file computes. A file that is damaged is told as such, not thrown. */
export async function describeOnnx(path: string): Promise<OnnxFile> {
  const state = await stateOf(path);
  const remembered = known.get(path);
  // A file whose data was missing may be whole by now.
  if (remembered?.state === state && remembered.file.problem === undefined) return remembered.file;
  const file = describe(path);
  known.set(path, { state, file });
  return file;
}

function describe(path: string): OnnxFile {
  try {
    const { model, signature } = readOnnx(path);
    const files = [path, ...model.dataFiles];
    switch (signature.kind) {
      case 'unknown':
        return { path, kind: 'unknown', why: signature.why, files };
      case 'helper':
        return { path, ...signature, files };
      default:
        return { path, kind: signature.kind, files };
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      path,
      kind: 'unknown',
      problem: error.hint === undefined ? error.message : `${error.message} ${error.hint}`,
      files: [path],
    };
  }
}

/** @throws UserError for a file that is damaged or not to be trusted */
export function readOnnx(path: string): { readonly model: ScannedModel; readonly signature: Signature } {
  const model = scanModel(path);
  return { model, signature: signatureOf(model) };
}

/** Whether the content of a file begins as an ONNX model does. */
export async function isOnnxFile(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'r');
    try {
      const start = Buffer.alloc(16);
      const { bytesRead } = await handle.read(start, 0, start.length, 0);
      return looksLikeOnnx(start.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}

async function stateOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size} ${mtimeMs}`;
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}
