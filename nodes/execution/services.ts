import type { FileKind } from '../core/inputs.ts';
import type { PrecisionChoice } from '../core/precision.ts';
import type { Tensor } from '../core/tensor.ts';
import type {
  AdapterUse,
  Conditioning,
  FileReference,
  Image,
  Latent,
  ModelRecipe,
  NoiseRecipe,
  SamplerChoice,
  Sigmas,
  TextEncoderRecipe,
  VaeRecipe,
} from '../core/values.ts';
import type { AdapterReport } from './adapter-report.ts';

/**
 * What nodes may ask of the world. The engine implements these; a node sees nothing else, so a
 * workflow can do no more than they allow. Every method throws UserError for a person's mistakes.
 */
export interface Services {
  readonly models: ModelService;
  readonly adapters: AdapterService;
  readonly text: TextService;
  readonly diffusion: DiffusionService;
  readonly autoencoder: AutoencoderService;
  readonly pictures: PictureService;
}

/** A file a workflow may name. */
export interface ListedFile {
  readonly kind: FileKind;
  /** Relative to its registered folder, with forward slashes. */
  readonly name: string;
  readonly bytes: number;
}

export interface ModelService {
  list(kind: FileKind): Promise<readonly ListedFile[]>;
  /** Changes whenever the content behind a name may have changed; part of the key of what was made from it. */
  fingerprint(kind: FileKind, name: string): Promise<string>;
  /**
   * Opens a model: a folder with all parts, or a transformer file with the other parts named beside it.
   * Files that were never read here are read once, to know them by their content; later only their headers are.
   */
  open(
    files: {
      readonly model: string;
      readonly textEncoder: string;
      readonly vae: string;
      readonly precision?: PrecisionChoice;
    },
    run?: {
      readonly signal?: AbortSignal;
      /** Bytes read so far, and in all. */
      readonly onRead?: (done: number, total: number) => void;
    },
  ): Promise<{
    readonly model: ModelRecipe;
    readonly textEncoder: TextEncoderRecipe;
    readonly vae: VaeRecipe;
    /** What a person should know, such as keys nothing uses. */
    readonly notices: readonly string[];
  }>;
  /** Reads an adapter against the model it is to be laid over. */
  openAdapter(
    model: ModelRecipe,
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly file: FileReference; readonly notices: readonly string[] }>;
}

/** How long work on many layers reports itself and can be stopped. */
export interface LayerRun {
  readonly signal: AbortSignal;
  /** Layers or bytes done, and in all. */
  readonly onProgress: (done: number, total: number) => void;
}

export interface AdapterService {
  /** Blocks of a model that adapters can change, such as `layers.3` or `cap_embedder`, in no order. */
  blocks(model: ModelRecipe): Promise<readonly string[]>;
  /**
   * Measures an adapter file layer by layer, against a model or alone. Against a model every adapted
   * weight is read, the first time.
   */
  inspect(model: ModelRecipe | undefined, name: string, run: LayerRun): Promise<AdapterReport>;
  /**
   * Merges all adapters of a model into its weights, in float32, and writes them as a new model under
   * `name`. Never over an existing file.
   */
  bake(
    model: ModelRecipe,
    name: string,
    run: LayerRun,
  ): Promise<{ readonly name: string; readonly bytes: number }>;
}

/** Told while weights are converted to the chosen precision, once per model: layers done, and in all. */
export type OnConversion = (done: number, total: number) => void;

export interface TextService {
  /** Caption features of one prompt; `truncated` counts the tokens beyond the encoder's limit that were dropped. */
  encode(
    encoder: TextEncoderRecipe,
    prompt: string,
    signal: AbortSignal,
    onConversion?: OnConversion,
  ): Promise<{ readonly caption: Conditioning['captions'][number]; readonly truncated: number }>;
}

export const scheduleNames = [
  'zimage',
  'simple',
  'normal',
  'karras',
  'exponential',
  'sgm_uniform',
  'ddim_uniform',
  'beta',
  'linear_quadratic',
  'kl_optimal',
  'zimage_karras',
  'zimage_exponential',
  'zimage_beta',
  'zimage_0_36',
  'scheduler_only',
] as const;
export type ScheduleName = (typeof scheduleNames)[number];

export interface ScheduleRequest {
  readonly schedule: ScheduleName;
  readonly steps: number;
  readonly shift: number;
  /** Part of the schedule to run: 1 = all, 0.6 = the last 60 %. */
  readonly denoise: number;
  /** The sampler may ask for another number of values (second-order ones drop the penultimate). */
  readonly sampler?: string;
}

/** The samplers there are, each named as in ComfyUI, with a line about what it is for. */
export const samplerChoices = [
  { value: 'euler', doc: 'First order, one call per step; what Z-Image-Turbo was made for.' },
  { value: 'euler_ancestral', doc: 'Euler that adds fresh noise at every step.' },
  { value: 'heun', doc: 'Second order: two calls per step.' },
  { value: 'heunpp2', doc: 'Heun with up to three calls per step, weighted.' },
  { value: 'dpm_2', doc: 'Second order through a midpoint.' },
  { value: 'dpm_2_ancestral', doc: 'DPM-2 with fresh noise at every step.' },
  { value: 'lms', doc: 'Linear multistep of order four: one call per step.' },
  { value: 'ipndm', doc: 'Pseudo-linear multistep of order four: one call per step.' },
  { value: 'ipndm_v', doc: 'iPNDM for uneven steps.' },
  { value: 'deis', doc: 'Exponential integrator multistep: one call per step.' },
  { value: 'dpmpp_2m', doc: 'DPM-Solver++ of order two: one call per step, smooth.' },
  { value: 'dpmpp_2s_ancestral', doc: 'Single-step DPM-Solver++ with fresh noise: two calls per step.' },
  { value: 'res_multistep', doc: 'Exponential multistep of order two: sharp at few steps.' },
  { value: 'res_multistep_ancestral', doc: 'res_multistep with fresh noise at every step.' },
  { value: 'gradient_estimation', doc: 'Euler that extrapolates the direction of the last steps.' },
  { value: 'er_sde', doc: 'Extended reverse-time SDE of order three.' },
  { value: 'exp_heun_2_x0', doc: 'Exponential Heun on the clean prediction: two calls per step.' },
  { value: 'seeds_2', doc: 'Stochastic exponential solver of order two: two calls per step.' },
  { value: 'sa_solver', doc: 'Stochastic Adams predictor-corrector.' },
  { value: 'uni_pc', doc: 'Unified predictor-corrector: one call per step.' },
  { value: 'uni_pc_bh2', doc: 'uni_pc with the other weighting.' },
  { value: 'ddim', doc: 'DDIM: the same as Euler for flow models.' },
  { value: 'ddpm', doc: 'Ancestral sampling of the original diffusion paper.' },
  { value: 'lcm', doc: 'Jumps to the clean picture and adds noise again, for consistency models.' },
] as const;
export type SamplerName = (typeof samplerChoices)[number]['value'];

export interface SampleRequest {
  readonly model: ModelRecipe;
  readonly positive: Conditioning;
  /** Needed only where guidance is not 1. */
  readonly negative: Conditioning | undefined;
  /** Its shape is the shape of the result; its content is the start where the first sigma is below 1. */
  readonly latent: Latent;
  readonly noise: NoiseRecipe;
  readonly sigmas: Sigmas;
  readonly sampler: SamplerChoice;
  /** `negative + guidance · (positive − negative)`; 1 skips the negative pass. */
  readonly guidance: number;
  /** Caps the length of the guided velocity at this multiple of the positive one; 0 = off. */
  readonly guidanceNormalization: number;
  /** Guidance is off while the model time 1 − sigma is above this; 1 = never. */
  readonly guidanceTruncation: number;
}

export interface SampleStep {
  /** 1 to `total`. */
  readonly done: number;
  readonly total: number;
  readonly milliseconds: number;
  /** The picture so far as JPEG bytes. */
  readonly preview: (() => Promise<Uint8Array>) | undefined;
}

export interface DiffusionService {
  schedule(request: ScheduleRequest): Sigmas;
  /** Random latents of the given shape, for nodes that show or mix noise themselves. */
  drawNoise(noise: NoiseRecipe, dims: readonly number[]): Tensor;
  sample(
    request: SampleRequest,
    run: {
      readonly signal: AbortSignal;
      readonly onStep: (step: SampleStep) => void;
      readonly onConversion?: OnConversion;
      /** Told what a person may want to know of the run, such as how long its steps took and why. */
      readonly onNotice?: (message: string) => void;
    },
  ): Promise<Latent>;
  /** Bytes of an existing latent resized to other sides, in latent pixels. */
  resizeLatent(
    latent: Latent,
    size: { readonly width: number; readonly height: number },
    method: 'nearest' | 'bilinear',
  ): Latent;
}

/** `auto` picks the cheapest tiling without visible seams; the others equal the named tool's own. */
export const tilingModes = ['auto', 'whole', 'diffusers', 'comfyui', 'overlap-average'] as const;
export type TilingMode = (typeof tilingModes)[number];

export interface TilingReport {
  readonly tiles: number;
  /** Work beyond one whole pass: 0.23 = 23 % more. */
  readonly extraWork: number;
}

export interface TileSettings {
  readonly mode: TilingMode;
  /** Side of a tile in pixels; 0 = chosen from the memory at hand. */
  readonly tileSize: number;
  /** Pixels that neighbouring tiles share; used where `tileSize` is set. */
  readonly overlap: number;
}

export interface AutoencoderRun {
  readonly signal: AbortSignal;
  readonly onTile: (done: number, total: number) => void;
}

export interface AutoencoderService {
  decode(
    vae: VaeRecipe,
    latent: Latent,
    tiling: TileSettings,
    run: AutoencoderRun,
  ): Promise<{ readonly image: Image; readonly report: TilingReport }>;
  /** The mean of the posterior; with a seed, a sample of it. */
  encode(
    vae: VaeRecipe,
    image: Image,
    tiling: TileSettings,
    run: AutoencoderRun & { readonly sampleSeed?: bigint },
  ): Promise<{ readonly latent: Latent; readonly report: TilingReport }>;
}

export type PictureFormat = 'png' | 'webp' | 'jpeg';

export interface SavedPicture {
  /** Absolute path, for the host; it never gets into a document. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

export interface PictureService {
  /** Reads a picture from the registered input folders. */
  read(name: string): Promise<Image>;
  /** Writes one picture per image of the batch into the output folder; never over an existing file. */
  save(
    image: Image,
    file: {
      /** What the node calls it; may contain sub-folders of the output folder and tokens (core/output-name.ts). */
      readonly name: string;
      /** Of the workflow; empty where it has none. */
      readonly title: string;
      /** Decimal text, one per image or one for the batch; empty where none is known. */
      readonly seeds: readonly string[];
      readonly format: PictureFormat;
      /** Text chunks, such as the workflow that made the picture. */
      readonly texts: Readonly<Record<string, string>>;
    },
  ): Promise<readonly SavedPicture[]>;
  /** PNG bytes of each image of a batch, to be shown. */
  encode(image: Image): Promise<readonly Uint8Array[]>;
  resize(
    image: Image,
    size: { readonly width: number; readonly height: number },
    options: {
      readonly fit: 'stretch' | 'cover' | 'contain';
      readonly method: 'nearest' | 'linear' | 'cubic' | 'lanczos';
    },
  ): Promise<Image>;
  crop(
    image: Image,
    area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  ): Image;
  /**
   * Pictures of any size in rows and columns with labels at the top and the left, and the same pictures as
   * one batch, padded to one size where they differ.
   */
  sheet(
    images: readonly Image[],
    options: {
      readonly columns: readonly string[];
      /** Empty: one row without a label. */
      readonly rows: readonly string[];
      readonly gap: number;
      /** Longer side of the largest picture on the sheet; 0 keeps all as they are. */
      readonly cellSize: number;
    },
  ): Promise<{ readonly sheet: Image; readonly batch: Image }>;
  grid(
    image: Image,
    options: { readonly columns: number; readonly gap: number; readonly labels: readonly string[] },
  ): Promise<Image>;
}

/** What a run was really made with, collected for the metadata of its pictures. */
export type Fact =
  | { readonly kind: 'model' | 'text-encoder' | 'vae'; readonly file: FileReference }
  | ({ readonly kind: 'adapter' } & AdapterUse)
  | { readonly kind: 'prompt'; readonly text: string }
  | {
      readonly kind: 'sampling';
      readonly sampler: SamplerChoice;
      readonly sigmas: Sigmas;
      /** Decimal text, one per image or one for the batch. */
      readonly seeds: readonly string[];
      readonly generator: string;
      readonly guidance: number;
    };
