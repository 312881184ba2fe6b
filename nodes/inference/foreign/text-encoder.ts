import { UserError } from '../../core/errors.ts';
import { type Tensor, tensor } from '../../core/tensor.ts';
import type { TextEncoderNetwork } from '../networks.ts';
import type { Value } from '../onnx/types.ts';
import { type Feed, Session } from '../ort/session.ts';
import type { SessionSettings } from '../ort/session-options.ts';
import { type BoundGraph, bindModel } from './boundary.ts';
import type { ForeignTextEncoderPart } from './foreign-part.ts';

/** A text encoder that came as a ready-made graph; one caption at a time, without padding. */
export class ForeignTextEncoder implements TextEncoderNetwork {
  readonly #part: ForeignTextEncoderPart;
  readonly #settings: SessionSettings;
  readonly #bound: BoundGraph;
  #session: Promise<Session> | undefined;

  constructor(part: ForeignTextEncoderPart, settings: SessionSettings) {
    this.#part = part;
    this.#settings = settings;
    this.#bound = bindModel(part.model, 'text encoder', [part.signature.features]);
  }

  /** @throws RangeError for an id outside the vocabulary */
  async encode(tokens: readonly number[]): Promise<Tensor> {
    const {
      ids,
      mask,
      positions,
      features,
      vocabularySize = Number.POSITIVE_INFINITY,
    } = this.#part.signature;
    const unknown = tokens.find((id) => id < 0 || id >= vocabularySize);
    if (unknown !== undefined)
      throw new RangeError(`Token ${unknown} is outside the vocabulary of ${vocabularySize}.`);
    const length = fixedLength(ids, tokens.length);
    this.#session ??= Session.create(this.#bound.graph, this.#settings);
    const session = await this.#session;
    const feeds: Record<string, Feed> = {};
    const feed = (value: Value | undefined, numbers: readonly number[]) => {
      if (!value) return;
      const { name, dtype } = this.#bound.input(value);
      feeds[name] = { dims: [1, numbers.length], data: wholeNumbers(numbers, dtype) };
    };
    // No token sees those after it: what fills up changes nothing.
    const filling = Array.from({ length: length - tokens.length }, () => tokens.at(-1) ?? 0);
    const all = [...tokens, ...filling];
    feed(ids, all);
    feed(
      mask,
      all.map((_, i) => (i < tokens.length ? 1 : 0)),
    );
    feed(positions, [...all.keys()]);
    const result = (await session.run(feeds))[this.#bound.output(features).name];
    const width = result?.dims.at(-1) ?? 0;
    return tensor([tokens.length, width], result?.data.subarray(0, tokens.length * width));
  }

  async dispose(): Promise<void> {
    await (await this.#session)?.release();
    this.#session = undefined;
  }
}

/**
 * Tokens an export takes, where it takes one number only.
 * @throws UserError for a prompt that is longer
 */
function fixedLength({ shape }: Value, tokens: number): number {
  const length = shape.at(-1);
  if (typeof length !== 'number') return tokens;
  if (tokens <= length) return length;
  throw new UserError(
    `This ONNX text encoder takes prompts of up to ${length} tokens, and this one has ${tokens}.`,
    {
      hint: 'Write a shorter prompt, or use an export for any length.',
    },
  );
}

function wholeNumbers(numbers: readonly number[], dtype: Value['dtype']): Feed['data'] {
  if (dtype === 'int64') return BigInt64Array.from(numbers, BigInt);
  if (dtype === 'int32') return Int32Array.from(numbers);
  return dtype === 'bool' ? Uint8Array.from(numbers) : Float32Array.from(numbers);
}
