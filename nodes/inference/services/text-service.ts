import type { TextService } from '../../execution/services.ts';
import { readySettings } from '../foreign/settings.ts';
import { ForeignTextEncoder } from '../foreign/text-encoder.ts';
import { Qwen3TextEncoder } from '../qwen3/text-encoder.ts';
import { PromptTokenizer } from '../qwen3/tokenizer.ts';
import type { NetworkPool } from './network-pool.ts';
import type { PartLibrary } from './part-library.ts';
import type { Placement } from './placement.ts';
import type { PrepareWeights } from './prepared-weights.ts';

/** Encodes prompts; encoders and tokenizers are kept while there is room. */
export function createTextService(
  parts: PartLibrary,
  pool: NetworkPool,
  placement: Placement,
  prepared: PrepareWeights,
): TextService {
  const tokenizers = new Map<string, Promise<PromptTokenizer>>();
  const tokenizerOf = (folder: string): Promise<PromptTokenizer> => {
    const tokenizer = tokenizers.get(folder) ?? PromptTokenizer.open(folder);
    tokenizers.set(folder, tokenizer);
    // A folder that could not be read is tried again next time.
    tokenizer.catch(() => tokenizers.delete(folder));
    return tokenizer;
  };
  return {
    async encode(recipe, prompt, signal, onConversion) {
      signal.throwIfAborted();
      const { opened, key } = await parts.recall('text-encoder', recipe.part);
      const tokenizer = await tokenizerOf(await parts.tokenizerFolder(opened));
      const { ids, truncated } = tokenizer.encodePrompt(prompt);
      const { ready } = opened;
      if (ready) {
        const { weightBytes } = ready.model;
        const settings = readySettings(placement.providerOf('text-encoder'), weightBytes);
        const createReady = async () => new ForeignTextEncoder(ready, settings);
        const taken = placement.takenBytes('text-encoder', weightBytes);
        const features = await pool.use(key, taken, createReady, (encoder) => encoder.encode(ids));
        return { caption: { text: prompt, features }, truncated };
      }
      const { file, precision } = recipe.part;
      const place = await placement.of(
        opened.weights,
        { ...opened.config, causal: true },
        { part: 'text-encoder', precision },
      );
      const weights = () => prepared(opened, file.sha256, place, { signal, onProgress: onConversion });
      const features = await pool.use(
        `${key} ${place.precision}`,
        placement.takenBytes('text-encoder', place.bytes),
        async () => new Qwen3TextEncoder(await weights(), opened.config, place.settings),
        (encoder) => encoder.encode(ids),
      );
      return { caption: { text: prompt, features }, truncated };
    },
  };
}
