import type { Precision } from '../../core/precision.ts';

/** One way the parts could be kept. Bytes are where they are computed with, weights only. */
export interface PartBytes {
  readonly transformer: number;
  readonly textEncoder: number;
  readonly vae: number;
}

export interface MemoryRequest {
  /** Bytes networks may take together. */
  readonly budgetBytes: number;
  readonly parts: PartBytes;
  readonly picture: PictureNeed;
  readonly transformer: TransformerShape;
  /** Memory of the machine that keeps pages of files, and bytes of files a step reads. */
  readonly pages?: { readonly hostBytes: number; readonly mappedBytes: number };
  /** Other precisions a person could choose, most exact first. */
  readonly others?: readonly { readonly precision: Precision; readonly parts: PartBytes }[];
}

/** Sides in pixels; pictures of a batch run through the transformer together. */
export interface PictureNeed {
  readonly width: number;
  readonly height: number;
  readonly batch: number;
  /** Tokens of the longest prompt. */
  readonly captionTokens: number;
}

/** What decides how much a step computes at once. */
export interface TransformerShape {
  readonly dim: number;
  readonly feedForwardWidth: number;
  /** 4 or 2 */
  readonly computeBytes: number;
  /** Scores of attention that are held at once; 0 where they never are. */
  readonly scoreBytes: number;
}

export interface MemoryPlan {
  /** The most that is needed at once. */
  readonly needBytes: number;
  readonly fits: boolean;
  /**
   * `all`: everything stays. `without-text-encoder`: it makes room for the transformer. `one-by-one`: each
   * part makes room for the next, for every picture.
   */
  readonly keeps: 'all' | 'without-text-encoder' | 'one-by-one';
  /** What one tile of the autoencoder may take. */
  readonly tileBytes: number;
  /** Pages of weights will be read from disk again at every step. */
  readonly readsFromDisk: boolean;
  /** For a person, before the run. */
  readonly message: string;
  /** Settings that would fit, where this does not. */
  readonly hint: string | undefined;
}

/** Pixels per token along a side. */
const TOKEN_PIXELS = 16;
/** Tensors of the width of the model, and of its feed-forward layers, that are alive together in a block. */
const LIVE_WIDE = 3;
const LIVE_NARROW = 8;
/** What the autoencoder holds per pixel of a picture that is decoded whole, see autoencoder-kl/memory-cost.ts. */
const DECODE_BYTES = 6144;
/** A tile of 256 pixels; below that seams cost more than memory. */
const LEAST_TILE = 256 * 2 ** 20;
/** Of the budget, however much of it is free: larger tiles gain nothing. */
const TILE_SHARE = 0.4;
/** Of the machine's memory that pages of files can be expected to keep. */
const PAGES_SHARE = 0.7;
const SMALLEST_SIDE = 256;

/** Decides what is in memory when, and whether a job fits at all. */
export function planMemory(request: MemoryRequest): MemoryPlan {
  const plan = withoutHint(request);
  return { ...plan, hint: plan.fits ? undefined : hintFor(request) };
}

function withoutHint(request: Omit<MemoryRequest, 'others'>): Omit<MemoryPlan, 'hint'> {
  const { budgetBytes, parts, pages } = request;
  const sampling = activationBytes(request);
  const encoding = (request.picture.captionTokens * sampling) / tokensOf(request.picture);
  const left = budgetBytes - parts.transformer - parts.vae;
  const tileBytes = Math.max(LEAST_TILE, Math.min(budgetBytes * TILE_SHARE, left));
  const { width, height } = request.picture;
  const decoding = Math.min(tileBytes, width * height * DECODE_BYTES);
  const together = parts.transformer + parts.vae + Math.max(sampling, decoding);
  const all = together + parts.textEncoder;
  const apart = Math.max(parts.transformer + sampling, parts.textEncoder + encoding, parts.vae + LEAST_TILE);
  const withoutEncoder = Math.max(together, parts.textEncoder + encoding);
  const [keeps, needBytes] =
    all <= budgetBytes
      ? (['all', all] as const)
      : withoutEncoder <= budgetBytes
        ? (['without-text-encoder', withoutEncoder] as const)
        : (['one-by-one', apart] as const);
  const fits = needBytes <= budgetBytes;
  const readsFromDisk = pages !== undefined && pages.mappedBytes > pages.hostBytes * PAGES_SHARE;
  return {
    needBytes,
    fits,
    keeps,
    tileBytes,
    readsFromDisk,
    message: messageOf(needBytes, budgetBytes, fits, keeps, readsFromDisk),
  };
}

const consequences = {
  all: 'everything stays in memory',
  'without-text-encoder': 'the text encoder will be loaded again for each new prompt',
  'one-by-one': 'each part of the model will be loaded again when its turn comes',
} as const;

function messageOf(
  need: number,
  budget: number,
  fits: boolean,
  keeps: MemoryPlan['keeps'],
  readsFromDisk: boolean,
): string {
  if (!fits)
    return `Needs ${gigabytes(need)}, of which there are ${gigabytes(budget)}: it may fail or take very long.`;
  const fromDisk = readsFromDisk ? '; weights will be read from disk at every step' : '';
  return `Needs ${gigabytes(need)} of ${gigabytes(budget)}; ${consequences[keeps]}${fromDisk}.`;
}

/** The most exact precision that would fit, and the largest square picture that would in this one. */
function hintFor(request: MemoryRequest): string {
  const { others = [], ...rest } = request;
  const better = others.find(({ parts }) => withoutHint({ ...rest, parts }).fits);
  const { width, height } = request.picture;
  let side = Math.floor(Math.max(width, height) / 64) * 64 - 64;
  const smaller = (size: number) => ({
    ...rest,
    picture: { ...request.picture, width: size, height: size, batch: 1 },
  });
  while (side >= SMALLEST_SIDE && !withoutHint(smaller(side)).fits) side -= 64;
  const ways = [
    ...(better ? [`choose the precision ${better.precision} on the Load model node`] : []),
    ...(side >= SMALLEST_SIDE ? [`make single pictures of ${side}×${side}`] : []),
  ];
  if (ways.length === 0) return 'Run it on a machine with more memory.';
  const text = ways.join(', or ');
  return `To make it fit, ${text}.`;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Image and caption tokens of a batch, padding left out. */
const tokensOf = ({ width, height, batch, captionTokens }: PictureNeed): number =>
  batch * ((width / TOKEN_PIXELS) * (height / TOKEN_PIXELS) + captionTokens);

/** What one step of the transformer holds beside its weights. */
function activationBytes({ picture, transformer }: MemoryRequest): number {
  const { dim, feedForwardWidth, computeBytes, scoreBytes } = transformer;
  const perToken = (LIVE_WIDE * feedForwardWidth + LIVE_NARROW * dim) * computeBytes;
  return tokensOf(picture) * perToken + scoreBytes;
}
