import type { CurvePoint } from './curve.ts';
import { elementCount, type Tensor } from './tensor.ts';
import type {
  Conditioning,
  Image,
  Latent,
  Mask,
  ModelRecipe,
  NoiseRecipe,
  SamplerChoice,
  Sigmas,
  TextEncoderRecipe,
  VaeRecipe,
} from './values.ts';

/** What each type of wire carries. */
export interface SocketValues {
  MODEL: ModelRecipe;
  TEXT_ENCODER: TextEncoderRecipe;
  VAE: VaeRecipe;
  CONDITIONING: Conditioning;
  LATENT: Latent;
  IMAGE: Image;
  MASK: Mask;
  NOISE: NoiseRecipe;
  SIGMAS: Sigmas;
  SAMPLER: SamplerChoice;
  /** Control points of a value along the run, see `curveAt`. */
  CURVE: readonly CurvePoint[];
  /** One or several unsigned 64-bit seeds. */
  SEED: readonly bigint[];
  INT: number;
  FLOAT: number;
  TEXT: string;
  BOOLEAN: boolean;
}

export type SocketType = keyof SocketValues;

interface SocketDefinition<T> {
  readonly label: string;
  /** Name of the colour token the editor draws it in. */
  readonly hue: string;
  /** Shape of the dot: colour is never the only sign. */
  readonly shape: 'dot' | 'square' | 'diamond';
  /** Other types whose values fit in here as they are. */
  readonly accepts: readonly SocketType[];
  /** One short line about a value, shown on hover and in logs. */
  readonly describe: (value: T) => string;
  /** Host memory a cached value holds. */
  readonly bytes: (value: T) => number;
}

const tensorBytes = (value: Tensor): number => elementCount(value.dims) * 4;
const shapeText = (dims: readonly number[]): string => dims.join('×');
const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
const brief = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
const number = (value: number): string => String(Math.round(value * 1e6) / 1e6);

/** One entry per type: adding a kind of wire means adding it here and to SocketValues. */
export const sockets: { readonly [T in SocketType]: SocketDefinition<SocketValues[T]> } = {
  MODEL: {
    label: 'model',
    hue: 'model',
    shape: 'diamond',
    accepts: [],
    describe: (model) =>
      [{ model }, ...(model.later ?? [])]
        .map(({ model: { part, adapters } }) =>
          [part.file.name, ...adapters.map((use) => `+ ${use.file.name}`)].join(' '),
        )
        .join(', then '),
    bytes: () => 0,
  },
  TEXT_ENCODER: {
    label: 'text encoder',
    hue: 'text-encoder',
    shape: 'diamond',
    accepts: [],
    describe: (encoder) => encoder.part.file.name,
    bytes: () => 0,
  },
  VAE: {
    label: 'autoencoder',
    hue: 'vae',
    shape: 'diamond',
    accepts: [],
    describe: (vae) => vae.part.file.name,
    bytes: () => 0,
  },
  CONDITIONING: {
    label: 'conditioning',
    hue: 'conditioning',
    shape: 'dot',
    accepts: [],
    describe: ({ captions }) =>
      captions
        .map((caption) => `${plural(caption.features.dims[0] ?? 0, 'token')} “${brief(caption.text)}”`)
        .join(', '),
    bytes: ({ captions }) => captions.reduce((sum, caption) => sum + tensorBytes(caption.features), 0),
  },
  LATENT: {
    label: 'latent',
    hue: 'latent',
    shape: 'dot',
    accepts: [],
    describe: ({ samples: { dims } }) =>
      `latent ${shapeText(dims.slice(1))}${(dims[0] ?? 1) > 1 ? `, batch of ${dims[0]}` : ''}`,
    bytes: ({ samples }) => tensorBytes(samples),
  },
  IMAGE: {
    label: 'image',
    hue: 'image',
    shape: 'dot',
    accepts: [],
    describe: ({ pixels: { dims } }) =>
      `image ${dims[2]}×${dims[1]}${(dims[0] ?? 1) > 1 ? `, batch of ${dims[0]}` : ''}`,
    bytes: ({ pixels }) => tensorBytes(pixels),
  },
  MASK: {
    label: 'mask',
    hue: 'mask',
    shape: 'dot',
    accepts: [],
    describe: ({ values: { dims } }) => `mask ${dims[2]}×${dims[1]}`,
    bytes: ({ values }) => tensorBytes(values),
  },
  NOISE: {
    label: 'noise',
    hue: 'noise',
    shape: 'dot',
    accepts: [],
    describe: ({ generator, seeds }) => `${generator} noise, seed ${seeds.join(', ')}`,
    bytes: () => 0,
  },
  SIGMAS: {
    label: 'step schedule',
    hue: 'sigmas',
    shape: 'square',
    accepts: [],
    describe: (sigmas) =>
      `${plural(Math.max(sigmas.length - 1, 0), 'step')}: ${sigmas.map(number).join(' ')}`,
    bytes: (sigmas) => sigmas.length * 8,
  },
  SAMPLER: {
    label: 'sampler',
    hue: 'sampler',
    shape: 'dot',
    accepts: [],
    describe: ({ name }) => name,
    bytes: () => 0,
  },
  CURVE: {
    label: 'curve',
    hue: 'adapter',
    shape: 'square',
    accepts: [],
    describe: (points) => points.map(([x, y]) => `${number(y)} at ${number(x * 100)} %`).join(', '),
    bytes: (points) => points.length * 16,
  },
  SEED: {
    label: 'seed',
    hue: 'number',
    shape: 'square',
    accepts: ['INT'],
    describe: (seeds) => seeds.join(', '),
    bytes: (seeds) => seeds.length * 8,
  },
  INT: { label: 'whole number', hue: 'number', shape: 'dot', accepts: [], describe: number, bytes: () => 8 },
  FLOAT: { label: 'number', hue: 'number', shape: 'dot', accepts: ['INT'], describe: number, bytes: () => 8 },
  TEXT: {
    label: 'text',
    hue: 'text',
    shape: 'dot',
    accepts: [],
    describe: brief,
    bytes: (text) => text.length * 2,
  },
  BOOLEAN: {
    label: 'yes/no',
    hue: 'number',
    shape: 'dot',
    accepts: [],
    describe: (on) => (on ? 'yes' : 'no'),
    bytes: () => 1,
  },
};

/** May a value of type `from` go into an input of type `to`? */
export const accepts = (to: SocketType, from: SocketType): boolean =>
  to === from || sockets[to].accepts.includes(from);

/** Brings a value that arrived as `from` into the form inputs of type `to` expect. */
export function convertValue(to: SocketType, from: SocketType, value: unknown): unknown {
  return to === 'SEED' && from === 'INT' ? [BigInt.asUintN(64, BigInt(value as number))] : value;
}

/** Describes a value of a type known only at run time. */
export const describeValue = (type: SocketType, value: unknown): string =>
  (sockets[type].describe as (value: unknown) => string)(value);

/** Host memory of a value of a type known only at run time. */
export const bytesOfValue = (type: SocketType, value: unknown): number =>
  (sockets[type].bytes as (value: unknown) => number)(value);
