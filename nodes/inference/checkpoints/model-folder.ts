import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { ForeignParts } from '../foreign/foreign-part.ts';
import { type AnyExport, openExports } from '../foreign/open-exports.ts';
import {
  type Architecture,
  LacksPart,
  type PartConfigs,
  type PartKind,
  parseConfig,
} from './architecture.ts';
import { checkWeights } from './check-weights.ts';
import { weightsName } from './foreign-files.ts';
import { parseJsonObject, readJsonObject } from './json-file.ts';
import { architectures, type DetectedPart, detectPart, nameWeights } from './layouts.ts';
import { shiftIn, tokenizerNear } from './nearby.ts';
import { readSafetensors } from './safetensors.ts';
import { withScales } from './scaled-fp8.ts';
import { indexName, readTensorSet } from './sharded.ts';
import type { Weights } from './weights.ts';
import { fileError, isMissing } from './wording.ts';

/** A part of a model, ready for graph building; only headers were read. */
export interface OpenedPart<K extends PartKind = PartKind> {
  readonly part: K;
  /** Architecture and naming on disk, such as `zimage/comfyui`. */
  readonly layout: string;
  /** Exactly the weights the graph reads, with the shapes its config implies. */
  readonly weights: Weights;
  readonly config: PartConfigs[K];
  /** Absolute paths of the safetensors files. */
  readonly files: readonly string[];
  /** Names in the files that nothing reads, for a notice. */
  readonly unusedKeys: readonly string[];
  /** Flow shift from the scheduler settings beside the part, where there are any. */
  readonly scheduler?: { readonly shift: number };
  /** Folder with the tokenizer's files, where one is near a text encoder. */
  readonly tokenizerFolder?: string;
  /** Present where the part was exported as ONNX: the graph itself, in place of weights to build one from. */
  readonly ready?: ForeignParts[K];
}

export interface OpenedModel {
  readonly transformer: OpenedPart<'transformer'>;
  readonly textEncoder: OpenedPart<'text-encoder'>;
  readonly vae: OpenedPart<'vae'>;
}

/** Folder of each part in a diffusers model folder. */
export const partFolders: Readonly<Record<PartKind, string>> = {
  transformer: 'transformer',
  'text-encoder': 'text_encoder',
  vae: 'vae',
};

/** Folders of a diffusers model that say what it computes. */
export const modelFolders: ReadonlySet<string> = new Set([
  ...Object.values(partFolders),
  'tokenizer',
  'scheduler',
]);

const partNames: Readonly<Record<PartKind, string>> = {
  transformer: 'a Z-Image transformer',
  'text-encoder': 'a Qwen3 text encoder',
  vae: 'a VAE',
};

/**
 * Opens a whole model: a diffusers folder, or one checkpoint file that holds all three parts.
 *
 * @throws UserError naming the part that is missing or unfit
 */
export async function openModelFolder(path: string): Promise<OpenedModel> {
  return {
    transformer: await openPart(path, 'transformer'),
    textEncoder: await openPart(path, 'text-encoder'),
    vae: await openPart(path, 'vae'),
  };
}

/**
 * Opens one part from a file, a folder of shards, or a whole model that contains it. What a file
 * holds is told by its content, never by its name.
 *
 * @param wanted the part expected; needed where the path may hold several
 * @throws UserError where the path holds something else, or weights are missing or misshapen
 */
export async function openPart(path: string): Promise<OpenedPart>;
export async function openPart<K extends PartKind>(path: string, wanted: K): Promise<OpenedPart<K>>;
export async function openPart(path: string, wanted?: PartKind): Promise<OpenedPart> {
  const exported = await exportAt(path, wanted);
  if (exported) return { ...exported, weights: new Map(), unusedKeys: [] } as OpenedPart;
  const place = wanted === undefined ? path : await placeOf(path, wanted);
  const { tensors: stored, files } = await readTensorSet(place);
  const tensors = withScales(stored);
  const detection = detectPart(tensors);
  if (detection.kind !== 'parts') {
    throw new UserError(
      `${place} ${detection.kind === 'adapter' ? 'holds an adapter, not a model' : detection.why}.`,
      {
        hint: `Choose a file or folder with ${wanted === undefined ? 'a part of a Z-Image model' : partNames[wanted]}.`,
      },
    );
  }
  const found = choose(detection.parts, wanted, place);
  const named = nameWeights(tensors, found, detection.parts, place);
  const folder = (await isFolder(place)) ? place : dirname(place);
  const own = await settingsInside(files);
  const json = own.config ?? (await readJsonObject(join(folder, 'config.json')));

  const finish = async <K extends PartKind>(architecture: Architecture<K>): Promise<OpenedPart<K>> => {
    const described = json !== undefined && architecture.describedBy(json) ? json : undefined;
    const config = architecture.configOf(named.weights, described, place);
    const checked = checkWeights(named, architecture.expected(config), place);
    return { part: architecture.part, layout: found.layout, config, files, ...checked };
  };
  switch (found.part) {
    case 'transformer': {
      const shift = own.shift ?? (await shiftNear(folder));
      return {
        ...(await finish(architectures.transformer)),
        ...(shift === undefined ? {} : { scheduler: { shift } }),
      };
    }
    case 'text-encoder': {
      const tokenizerFolder = await tokenizerNear(folder);
      return {
        ...(await finish(architectures['text-encoder'])),
        ...(tokenizerFolder === undefined ? {} : { tokenizerFolder }),
      };
    }
    case 'vae':
      return finish(architectures.vae);
  }
}

/** Whether a folder is a whole model as diffusers writes it. */
export const isModelFolder = async (folder: string): Promise<boolean> =>
  (await statusOf(join(folder, 'model_index.json')))?.isFile() ?? false;

/** A part in ONNX files, where there are no safetensors for it. */
async function exportAt(path: string, wanted: PartKind | undefined): Promise<AnyExport | undefined> {
  const status = await statusOf(path);
  if (!status) return undefined;
  if (status.isDirectory()) {
    const folder = wanted === undefined ? undefined : join(path, partFolders[wanted]);
    if ((await holdsSafetensors(path)) || (folder !== undefined && (await holdsSafetensors(folder))))
      return undefined;
  }
  return openExports(path, wanted);
}

async function holdsSafetensors(folder: string): Promise<boolean> {
  if (!(await isFolder(folder))) return false;
  try {
    return (await readdir(folder)).some((name) => weightsName.test(name) || indexName.test(name));
  } catch (error) {
    throw fileError(error, folder, 'read');
  }
}

async function placeOf(path: string, wanted: PartKind): Promise<string> {
  if (!(await isModelFolder(path))) return path;
  const folder = join(path, partFolders[wanted]);
  if (await isFolder(folder)) return folder;
  throw lackingPart(path, wanted);
}

/** That a model folder lacks the folder of a part. */
export const lackingPart = (path: string, part: PartKind): UserError =>
  new LacksPart(`The model folder ${path} has no folder "${partFolders[part]}".`, {
    hint: `Download the missing folder, or choose ${partNames[part]} separately.`,
  });

/** Whether a model folder has a folder for a part. */
export const holdsPart = (path: string, part: PartKind): Promise<boolean> =>
  isFolder(join(path, partFolders[part]));

function choose(parts: readonly DetectedPart[], wanted: PartKind | undefined, where: string): DetectedPart {
  const fitting = wanted === undefined ? parts : parts.filter(({ part }) => part === wanted);
  const [first, second] = fitting;
  if (first === undefined) {
    const held = parts.map(({ part }) => partNames[part]).join(' and ');
    throw new LacksPart(
      `${where} holds ${held}, not ${wanted === undefined ? 'a part' : partNames[wanted]}.`,
      {
        hint: 'Choose another file here, or use this one where its part is asked for.',
      },
    );
  }
  if (second !== undefined) {
    throw new UserError(
      `${where} holds several parts: ${fitting.map(({ part, prefix }) => `${partNames[part]} under "${prefix}"`).join(', ')}.`,
      { hint: 'Use a file that holds one part of each kind.' },
    );
  }
  return first;
}

async function statusOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(error, path, 'read');
  }
}

const isFolder = async (path: string): Promise<boolean> => (await statusOf(path))?.isDirectory() ?? false;

/** Metadata in which a file that Kronode made brings its settings along, where no folder could. */
export const settingsKey = 'kronode.settings';

const settingsSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  shift: z.number().positive().max(1000).optional(),
});

async function settingsInside(files: readonly string[]): Promise<Partial<z.infer<typeof settingsSchema>>> {
  const [file, ...more] = files;
  if (file === undefined || more.length > 0) return {};
  const text = (await readSafetensors(file)).metadata.get(settingsKey);
  return text === undefined ? {} : parseConfig(settingsSchema, parseJsonObject(text, file), file);
}

async function shiftNear(folder: string): Promise<number | undefined> {
  return basename(folder) === partFolders.transformer ? shiftIn(join(folder, '..')) : undefined;
}
