import type { Catalogue } from '../../nodes/core/catalogue.ts';
import { catalogue, useCatalogue } from '../state/catalogue-store.ts';
import { type Language, language, type Translate, text, useLanguage, useText } from './index.ts';
import { engineSentences } from './messages/engine.ts';
import { nodeWords } from './messages/nodes.ts';
import { sentenceReader } from './sentences.ts';

/** A message of the engine: what is wrong, and what to do about it. */
interface Told {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Says what the engine tells in the chosen language, or in English where it has no other words for it. */
export interface EngineText {
  (sentence: string): string;
  /** A message and its hint, both in one language. */
  told<T extends Told>(told: T): T;
}

function chinese(kinds: Catalogue, t: Translate): EngineText {
  const types = new Map([...kinds.values()].map(({ title, type }) => [title, type]));
  const read = sentenceReader(engineSentences, {
    title: (title) => nodeWords.titles[types.get(title) ?? ''] ?? title,
    input: (name) => nodeWords.fields[name] ?? name,
    socket: (label) => nodeWords.sockets[label] ?? label,
    kind: (name) => kindNames(t)[name] ?? name,
    names: (list) => list.replace(/ and (\d+) more$/, ' 等 $1 个'),
  });
  return Object.assign((sentence: string) => read(sentence) ?? sentence, {
    told<T extends Told>(told: T): T {
      const message = read(told.message);
      const hint = told.hint === undefined ? undefined : read(told.hint);
      if (message === undefined || (told.hint !== undefined && hint === undefined)) return told;
      return { ...told, message, ...(hint !== undefined && { hint }) };
    },
  });
}

/** As the engine calls them. */
const kindNames = (t: Translate): Readonly<Record<string, string>> => ({
  model: t('models.kind-word.model'),
  'text encoder': t('models.kind-word.text-encoder'),
  VAE: t('models.kind-word.vae'),
  adapter: t('models.kind-word.adapter'),
  'Text encoder': t('models.kind-word.text-encoder'),
});

const english: EngineText = Object.assign((sentence: string) => sentence, { told: <T>(told: T) => told });

/** Made once for each catalogue. */
const made = new WeakMap<Catalogue, EngineText>();

function engineTextFor(name: Language, kinds: Catalogue, t: Translate): EngineText {
  if (name === 'en') return english;
  const known = made.get(kinds) ?? chinese(kinds, t);
  made.set(kinds, known);
  return known;
}

export const useEngineText = (): EngineText => engineTextFor(useLanguage(), useCatalogue(), useText());

/** As {@link useEngineText}, outside of components. */
export const engineText = (): EngineText => engineTextFor(language(), catalogue(), text);
