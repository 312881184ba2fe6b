import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { LacksPart, type PartKind } from '../checkpoints/architecture.ts';
import { fileError, quoted } from '../checkpoints/wording.ts';
import { describeOnnx, isOnnxFile, type OnnxFile } from './describe.ts';

/** The files of a part: for an autoencoder, its encoder may be in a file of its own or missing. */
export interface ExportedFiles {
  readonly main: string;
  readonly encoder: string | undefined;
  /** Where the model's other files are. */
  readonly folder: string;
}

/** What an autoencoder needs at least is its decoder. */
const mainKind = { transformer: 'transformer', 'text-encoder': 'text-encoder', vae: 'vae-decoder' } as const;

const nouns: Readonly<Record<OnnxFile['kind'], string>> = {
  transformer: 'a transformer',
  'text-encoder': 'a text encoder',
  'vae-decoder': 'a VAE decoder',
  'vae-encoder': 'a VAE encoder',
  helper: 'a helper of the export that Kronode does not need',
  unknown: 'of no known kind',
};

const remedies: Readonly<Record<PartKind, string>> = {
  transformer:
    'Add the transformer of the export: transformer/model.onnx, or onnx/transformer_model_… with its data files.',
  'text-encoder':
    'Add the text encoder of the export: text_encoder/model.onnx, or onnx/text_encoder_model_… with its data files.',
  vae: 'Add the VAE decoder of the export: vae_decoder/model.onnx, or onnx/vae_decoder_model_….',
};

const MOST_FOLDERS = 64;

/**
 * The ONNX files behind a path that names one, or a folder of them. Which is which is told by what
 * they compute.
 *
 * @param wanted the part asked for; a path to one file leads to the others beside it
 * @returns undefined where the path is no ONNX export
 * @throws UserError naming what is missing or unfit
 */
export async function findExports(
  path: string,
  wanted: PartKind | undefined,
): Promise<ExportedFiles | undefined> {
  const isFolder = await isDirectory(path);
  if (isFolder ? (await onnxFilesIn(path)).length === 0 : !(await isOnnxFile(path))) return undefined;
  const own = isFolder ? undefined : await describeOnnx(path);
  if (own && (wanted === undefined || own.kind === mainKind[wanted])) {
    refuseUnfit(own);
    const folder = dirname(path);
    return { main: path, encoder: await encoderBeside(own, folder), folder };
  }
  if (own?.problem !== undefined) throw new UserError(own.problem);
  const folder = isFolder ? path : dirname(path);
  const seen: OnnxFile[] = [];
  for (const place of isFolder ? [folder] : [folder, join(folder, '..')]) {
    const files = await exportsIn(place);
    seen.push(...files.filter((file) => !seen.some((other) => other.path === file.path)));
    const fitting = files.filter(({ kind }) => wanted === undefined || kind === mainKind[wanted]);
    const main = isFolder ? onlyOne(fitting, wanted, folder) : nearest(fitting, path);
    if (main) return { main: main.path, encoder: await encoderBeside(main, place), folder: place };
  }
  throw notThere(folder, wanted, seen);
}

/** All ONNX files in a folder and in those directly below it. */
async function onnxFilesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of await entriesOf(folder)) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (/\.onnx$/i.test(entry.name)) files.push(path);
    else if (entry.isDirectory() || entry.isSymbolicLink()) folders.push(path);
  }
  for (const inner of folders.slice(0, MOST_FOLDERS)) {
    if (!(await isDirectory(inner))) continue;
    for (const entry of await entriesOf(inner))
      if (/^[^.].*\.onnx$/i.test(entry.name)) files.push(join(inner, entry.name));
  }
  return files.sort();
}

/** What the ONNX files in a folder and in those directly below it compute. */
export async function exportsIn(folder: string): Promise<OnnxFile[]> {
  const files: OnnxFile[] = [];
  for (const path of await onnxFilesIn(folder)) files.push(await describeOnnx(path));
  return files;
}

async function encoderBeside(main: OnnxFile, folder: string): Promise<string | undefined> {
  if (main.kind !== 'vae-decoder') return undefined;
  const places = [folder, dirname(main.path), join(dirname(main.path), '..')];
  for (const place of new Set(places)) {
    const encoders = (await exportsIn(place)).filter(({ kind }) => kind === 'vae-encoder');
    const found = nearest(encoders, main.path);
    if (found) return found.path;
  }
  return undefined;
}

/** Of several variants, the one whose name ends most like the given one: `…_q4f16.onnx` goes with its like. */
function nearest(files: readonly OnnxFile[], path: string): OnnxFile | undefined {
  const shared = (name: string): number => {
    const own = basename(path);
    let count = 0;
    while (count < Math.min(name.length, own.length) && name.at(-1 - count) === own.at(-1 - count)) count++;
    return count;
  };
  return files.toSorted((a, b) => shared(basename(b.path)) - shared(basename(a.path)))[0];
}

function onlyOne(
  files: readonly OnnxFile[],
  wanted: PartKind | undefined,
  folder: string,
): OnnxFile | undefined {
  const [first, second] = files;
  if (!second) return first;
  const names = files.map(({ path }) => quoted(relative(folder, path))).join(', ');
  throw new UserError(
    `${folder} holds ${files.length} ONNX files${wanted === undefined ? '' : ` with ${nouns[mainKind[wanted]]}`}: ${names}.`,
    { hint: 'Choose one of the files.' },
  );
}

function refuseUnfit({ path, problem, kind, why }: OnnxFile): void {
  if (problem !== undefined) throw new UserError(problem);
  if (kind === 'unknown')
    throw new UserError(`${path} ${why ?? 'is of no known kind'}.`, {
      hint: 'Choose an export of Z-Image, of its Qwen3 text encoder or of the Flux autoencoder.',
    });
  if (kind === 'helper')
    throw new UserError(`${path} is ${nouns.helper}.`, { hint: 'Choose the transformer of the export.' });
}

function notThere(folder: string, wanted: PartKind | undefined, seen: readonly OnnxFile[]): UserError {
  const found = seen
    .map(
      ({ path, kind, why, problem }) =>
        `${quoted(relative(folder, path))} ${problem === undefined ? (why ?? `is ${nouns[kind]}`) : 'cannot be used'}`,
    )
    .join(', ');
  const broken = seen.find(({ problem }) => problem !== undefined)?.problem;
  return new LacksPart(
    `${folder} has no ${wanted === undefined ? 'model' : nouns[mainKind[wanted]].replace(/^an? /, '')} among its ONNX files: ${found}.`,
    { hint: broken ?? remedies[wanted ?? 'transformer'] },
  );
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw fileError(error, folder, 'read');
  }
}
