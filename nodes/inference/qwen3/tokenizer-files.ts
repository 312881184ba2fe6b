import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { readJsonObject } from '../checkpoints/json-file.ts';
import { fileError, isMissing } from '../checkpoints/wording.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a tokenizer is made from: the content of `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  readonly model: Json;
  readonly config: Json;
}

/**
 * Reads the tokenizer of a folder. Where only the older pair is there, vocabulary and merges apart,
 * they are put into the form of `tokenizer.json`.
 *
 * @throws UserError naming the file that is missing or damaged
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const config = await readJsonObject(join(folder, 'tokenizer_config.json'));
  const whole = await readJsonObject(join(folder, 'tokenizer.json'));
  if (whole) return { model: whole, config: config ?? {} };
  const vocabulary = await readJsonObject(join(folder, 'vocab.json'));
  const merges = await readMerges(join(folder, 'merges.txt'));
  if (!vocabulary || !merges) {
    const missing = !vocabulary && !merges ? 'tokenizer.json' : vocabulary ? 'merges.txt' : 'vocab.json';
    throw new UserError(`There is no ${missing} in ${folder}.`, {
      hint: 'Copy the tokenizer folder of the model there.',
    });
  }
  return { model: assembled(vocabulary, merges, config), config: config ?? {} };
}

/** Entries of a folder's vocabulary, those added for chat left out; undefined where there is no tokenizer. */
export async function vocabularySizeIn(folder: string): Promise<number | undefined> {
  const whole = await readJsonObject(join(folder, 'tokenizer.json'));
  const { vocab } = (whole?.model ?? {}) as { readonly vocab?: object };
  const vocabulary = vocab ?? (await readJsonObject(join(folder, 'vocab.json')));
  return vocabulary && Object.keys(vocabulary).length;
}

const MOST_MERGES = 2_000_000;

async function readMerges(path: string): Promise<readonly string[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(error, path, 'read');
  }
  const merges = text.split('\n').filter((line) => line !== '' && !line.startsWith('#version'));
  if (merges.length > MOST_MERGES)
    throw new UserError(`${path} holds ${merges.length} lines, more than any tokenizer.`, {
      hint: 'Fetch the original file again.',
    });
  return merges;
}

/** How Qwen cuts a text before merging (Qwen2Tokenizer of transformers). */
const PIECES =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Tokens of the chat template, in the order Qwen numbers them after its vocabulary. */
const CHAT_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };

function assembled(vocabulary: Json, merges: readonly string[], config: Json | undefined): Json {
  return {
    version: '1.0',
    added_tokens: addedTokens(vocabulary, config),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PIECES }, behavior: 'Isolated', invert: false },
        byteLevel,
      ],
    },
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocabulary,
      merges,
    },
  };
}

function addedTokens(vocabulary: Json, config: Json | undefined) {
  const listed = Object.entries((config?.added_tokens_decoder ?? {}) as Json).map(([id, token]) => ({
    id: Number(id),
    ...(token as object),
  }));
  if (listed.length > 0) return listed;
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const first = Object.keys(vocabulary).length;
  return CHAT_TOKENS.map((content, i) => ({ id: first + i, content, ...plain }));
}
