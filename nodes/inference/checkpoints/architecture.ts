import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { AutoencoderConfig, Qwen3Config, ZImageConfig } from './configs.ts';
import type { WeightSource, Weights } from './weights.ts';

/** The networks of an image model and what graph building needs to know of each. */
export interface PartConfigs {
  readonly transformer: ZImageConfig;
  readonly 'text-encoder': Qwen3Config;
  readonly vae: AutoencoderConfig;
}
export type PartKind = keyof PartConfigs;

/** One naming of an architecture's weights. */
export interface Layout {
  readonly name: string;
  /**
   * Names that no other naming has, every one of them present where this one is used. What stands
   * before the first of them in a file (such as `model.diffusion_model.`) is a prefix of all names.
   */
  readonly signature: readonly [string, ...string[]];
  /** The diffusers names of one weight, given without prefix; none where the name is unknown. */
  readonly rename: Rename;
}

export type Rename = (
  name: string,
  source: WeightSource,
  all: ReadonlyMap<string, WeightSource>,
) => readonly (readonly [string, WeightSource])[];

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Weights a network reads, with their shapes. */
export interface ExpectedWeights {
  readonly required: Shapes;
  /** Whether a weight may be there although the graph has no use for it. */
  readonly unneeded: (name: string) => boolean;
}

export interface Architecture<K extends PartKind> {
  readonly part: K;
  readonly id: string;
  readonly layouts: readonly Layout[];
  /** Whether a `config.json` is about this architecture. */
  readonly describedBy: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * @param json content of `config.json`, where there is one
   * @param where the file or folder, for messages
   * @throws UserError where the weights are not those of this architecture
   */
  readonly configOf: (weights: Weights, json: unknown, where: string) => PartConfigs[K];
  readonly expected: (config: PartConfigs[K]) => ExpectedWeights;
}

/** A place has nothing for a part that was asked for; a file from elsewhere can take its place. */
export class LacksPart extends UserError {
  override readonly name = 'LacksPart';
}

/** Shape of a weight that a config is derived from. */
export function shapeOf(weights: Weights, name: string, rank: number, where: string): readonly number[] {
  const shape = weights.get(name)?.shape;
  if (shape === undefined) {
    throw new UserError(`${where} has no weight "${name}".`, {
      hint: 'The file is incomplete or of another model; use the original one.',
    });
  }
  if (shape.length !== rank) {
    throw new UserError(
      `The weight "${name}" of ${where} has the shape [${shape.join(', ')}] in place of ${rank} dimensions.`,
      { hint: 'The file may be quantised in a way Kronode does not read; use a bf16 or fp16 one.' },
    );
  }
  return shape;
}

/**
 * How many blocks there are: one more than the highest index, the pattern's only group, so that a
 * gap shows up as missing weights and not as a smaller model.
 */
export function countBlocks(weights: Weights, pattern: RegExp): number {
  let count = 0;
  for (const name of weights.keys()) {
    const index = pattern.exec(name)?.[1];
    // Nothing has a thousand blocks; larger numbers are names of something else.
    if (index !== undefined && index.length <= 3) count = Math.max(count, Number(index) + 1);
  }
  return count;
}

/** Parses a `config.json` with a schema, telling the first problem in words. */
export function parseConfig<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at "${issue.path.join('.')}"`;
  throw new UserError(`The config.json of ${where} cannot be used${place}: ${issue?.message ?? 'invalid'}.`, {
    hint: 'Use the config.json that belongs to these weights.',
  });
}

/** Refuses a setting of `config.json` the graphs do not implement. */
export function requireSetting(holds: boolean, where: string, setting: string): void {
  if (!holds) {
    throw new UserError(
      `The config.json of ${where} asks for ${setting}, which Kronode does not implement.`,
      {
        hint: 'Use a model of the Z-Image family.',
      },
    );
  }
}
