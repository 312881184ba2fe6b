import { dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { PartConfigs, PartKind } from '../checkpoints/architecture.ts';
import { flux } from '../checkpoints/autoencoder-kl.ts';
import {
  type AutoencoderConfig,
  type Qwen3Config,
  qwen3With4B,
  type ZImageConfig,
} from '../checkpoints/configs.ts';
import { readJsonObject } from '../checkpoints/json-file.ts';
import { shiftIn, tokenizerNear } from '../checkpoints/nearby.ts';
import { readOnnx } from './describe.ts';
import { type ExportedFiles, exportsIn, findExports } from './find-exports.ts';
import type { ForeignParts, ForeignVaeHalf } from './foreign-part.ts';
import { type LinearLayers, linearLayers } from './linear-layers.ts';
import type { TextEncoderSignature, TransformerSignature } from './signature.ts';

/** A part of a model that was exported as ONNX. */
export interface OpenedExport<K extends PartKind> {
  readonly part: K;
  readonly layout: string;
  /** What the graph shows; the rest as published for the models it can be. */
  readonly config: PartConfigs[K];
  readonly files: readonly string[];
  readonly ready: ForeignParts[K];
  readonly scheduler?: { readonly shift: number };
  readonly tokenizerFolder?: string;
}

export type AnyExport = { readonly [K in PartKind]: OpenedExport<K> }[PartKind];

/**
 * Opens a part from ONNX files; only their structure is read.
 *
 * @returns undefined where the path is no ONNX export
 * @throws UserError where files are missing, damaged, not to be trusted, or compute something else
 */
export async function openExports(
  path: string,
  wanted: PartKind | undefined,
): Promise<AnyExport | undefined> {
  const found = await findExports(path, wanted);
  if (!found) return undefined;
  const { model, signature } = readOnnx(found.main);
  const files = [found.main, ...model.dataFiles];
  switch (signature.kind) {
    case 'transformer': {
      const layers = linearLayers(model);
      const shift = await shiftOf(found);
      return {
        part: 'transformer',
        layout: 'zimage/onnx',
        config: transformerConfig(signature, layers),
        files,
        ready: { model, signature, layers },
        ...(shift !== undefined && { scheduler: { shift } }),
      };
    }
    case 'text-encoder': {
      const tokenizerFolder = await tokenizerOf(found);
      return {
        part: 'text-encoder',
        layout: 'qwen3/onnx',
        config: encoderConfig(signature),
        files,
        ready: { model, signature },
        ...(tokenizerFolder !== undefined && { tokenizerFolder }),
      };
    }
    case 'vae-decoder': {
      const encoder = found.encoder === undefined ? undefined : halfOf(found.encoder);
      return {
        part: 'vae',
        layout: 'autoencoder-kl/onnx',
        config: await autoencoderConfig(found, encoder !== undefined),
        files: [...files, ...(encoder ? [encoder.model.file, ...encoder.model.dataFiles] : [])],
        ready: { decoder: { model, signature }, encoder },
      };
    }
    default:
      throw new UserError(`${found.main} changed while it was opened.`, { hint: 'Try again.' });
  }
}

function halfOf(file: string): ForeignVaeHalf | undefined {
  const { model, signature } = readOnnx(file);
  return signature.kind === 'vae-encoder' ? { model, signature } : undefined;
}

/** Exports keep the scheduler's settings beside the parts, one or two folders up. */
async function shiftOf({ main, folder }: ExportedFiles): Promise<number | undefined> {
  for (const place of placesAround(main, folder)) {
    const shift = await shiftIn(place);
    if (shift !== undefined) return shift;
  }
  return undefined;
}

async function tokenizerOf({ main, folder }: ExportedFiles): Promise<string | undefined> {
  for (const place of placesAround(main, folder)) {
    const found = await tokenizerNear(place);
    if (found !== undefined) return found;
  }
  return undefined;
}

const placesAround = (main: string, folder: string): ReadonlySet<string> =>
  new Set([folder, dirname(main), join(dirname(main), '..')]);

function transformerConfig(
  { channels, captionDim }: TransformerSignature,
  { byModule }: LinearLayers,
): ZImageConfig {
  const dim = byModule.get('layers.0.attention.to_out.0')?.rows ?? 3840;
  const headDim = dim % 128 === 0 && dim > 1024 ? 128 : 32;
  const blocks = (group: string) =>
    new Set(
      [...byModule.keys()].filter((name) => name.startsWith(`${group}.`)).map((name) => name.split('.')[1]),
    ).size;
  return {
    inChannels: channels,
    patchSize: 2,
    dim,
    heads: Math.max(1, Math.floor(dim / headDim)),
    headDim,
    layers: blocks('layers'),
    refinerLayers: blocks('noise_refiner'),
    feedForwardWidth: byModule.get('layers.0.feed_forward.w1')?.rows ?? Math.floor((dim * 8) / 3),
    captionDim: captionDim ?? byModule.get('cap_embedder.1')?.columns ?? 2560,
    timeDim: Math.min(dim, 256),
    normEps: 1e-5,
    ropeTheta: 256,
    timeScale: 1000,
    axesDims: [headDim / 4, (headDim * 3) / 8, (headDim * 3) / 8],
    axesLens: [1536, 512, 512],
  };
}

/** Of Qwen3-4B, as far as the graph does not tell. */
const encoderConfig = ({ hiddenSize, vocabularySize }: TextEncoderSignature): Qwen3Config => ({
  ...qwen3With4B,
  ...(vocabularySize !== undefined && { vocabularySize }),
  ...(hiddenSize !== undefined && { hiddenSize }),
});

/** The Flux autoencoder's, with the scaling of a `config.json` or a graph for it beside the decoder. */
async function autoencoderConfig(
  { main, folder }: ExportedFiles,
  hasEncoder: boolean,
): Promise<AutoencoderConfig> {
  const scaling = (await exportsIn(folder)).find((file) => file.scaling)?.scaling ?? flux;
  const json = await readJsonObject(join(dirname(main), 'config.json'));
  const number = (name: string, otherwise: number): number => {
    const value = json?.[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
  };
  return {
    imageChannels: 3,
    latentChannels: flux.latentChannels,
    blockOutChannels: [128, 256, 512, 512],
    layersPerBlock: 2,
    normGroups: flux.normGroups,
    scalingFactor: number('scaling_factor', scaling.scalingFactor),
    shiftFactor: number('shift_factor', scaling.shiftFactor),
    hasEncoder,
  };
}
