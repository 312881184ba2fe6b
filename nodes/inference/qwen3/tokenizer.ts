import { Tokenizer } from '@huggingface/tokenizers';
import { messageOf, UserError } from '../../core/errors.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';

/** Tokens the reference pipelines allow, the chat template included. */
export const MAX_TOKENS = 512;

/**
 * Qwen3's chat template for one user message with the generation prompt, as diffusers' ZImagePipeline
 * (enable_thinking) and ComfyUI write it: no system message, no empty thinking block.
 */
const chat = (prompt: string): string => `<|im_start|>user\n${prompt}<|im_end|>\n<|im_start|>assistant\n`;

export interface TokenizedPrompt {
  readonly ids: readonly number[];
  /** Tokens beyond the limit that were cut off the end. */
  readonly truncated: number;
}

/** The byte-level BPE of a Qwen3 text encoder, from `tokenizer.json` or from `vocab.json` and `merges.txt`. */
export class PromptTokenizer {
  readonly #tokenizer: Tokenizer;

  private constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** @throws UserError naming the file that is missing or damaged */
  static async open(folder: string): Promise<PromptTokenizer> {
    const { model, config } = await readTokenizerFiles(folder);
    try {
      return new PromptTokenizer(new Tokenizer(model, config));
    } catch (error) {
      throw new UserError(`The tokenizer in ${folder} cannot be used: ${messageOf(error)}.`, {
        hint: 'Use the tokenizer folder of Z-Image-Turbo or of Qwen3-4B.',
        cause: error,
      });
    }
  }

  /** Ids of a prompt inside the chat template, without padding. */
  encodePrompt(prompt: string): TokenizedPrompt {
    const { ids } = this.#tokenizer.encode(chat(prompt), { add_special_tokens: false });
    return { ids: ids.slice(0, MAX_TOKENS), truncated: Math.max(ids.length - MAX_TOKENS, 0) };
  }
}
