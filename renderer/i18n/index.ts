import { useSyncExternalStore } from 'react';
import { keepText, keptText } from '../state/kept-text.ts';
import { type Language, languages } from './define-messages.ts';
import { adapterMessages } from './messages/adapters.ts';
import { canvasMessages } from './messages/canvas.ts';
import { commandMessages } from './messages/commands.ts';
import { desktopMessages } from './messages/desktop.ts';
import { downloadMessages } from './messages/downloads.ts';
import { liveMessages } from './messages/live.ts';
import { modelMessages } from './messages/models.ts';
import { pictureMessages } from './messages/pictures.ts';
import { queueMessages } from './messages/queue.ts';
import { settingsMessages } from './messages/settings.ts';
import { shellMessages } from './messages/shell.ts';
import { subgraphMessages } from './messages/subgraphs.ts';
import { widgetMessages } from './messages/widgets.ts';

export type { Language } from './define-messages.ts';

/** Each part of the app brings its own table: add it here and its keys are typed everywhere. */
const tables = {
  en: {
    ...shellMessages.en,
    ...canvasMessages.en,
    ...adapterMessages.en,
    ...commandMessages.en,
    ...desktopMessages.en,
    ...downloadMessages.en,
    ...liveMessages.en,
    ...modelMessages.en,
    ...pictureMessages.en,
    ...queueMessages.en,
    ...settingsMessages.en,
    ...subgraphMessages.en,
    ...widgetMessages.en,
  },
  zh: {
    ...shellMessages.zh,
    ...canvasMessages.zh,
    ...adapterMessages.zh,
    ...commandMessages.zh,
    ...desktopMessages.zh,
    ...downloadMessages.zh,
    ...liveMessages.zh,
    ...modelMessages.zh,
    ...pictureMessages.zh,
    ...queueMessages.zh,
    ...settingsMessages.zh,
    ...subgraphMessages.zh,
    ...widgetMessages.zh,
  },
} as const;

export type MessageKey = keyof (typeof tables)['en'];
export type Values = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, values?: Values) => string;

const STORAGE = 'kronode.language';

const known = (name: string | undefined): name is Language =>
  name !== undefined && Object.hasOwn(languages, name);

function firstLanguage(): Language {
  const saved = keptText(STORAGE);
  if (known(saved)) return saved;
  return globalThis.navigator?.language.startsWith('zh') ? 'zh' : 'en';
}

let current = firstLanguage();
const listeners = new Set<() => void>();

export const language = (): Language => current;

export function setLanguage(next: Language): void {
  current = next;
  keepText(STORAGE, next);
  for (const listener of listeners) listener();
}

const translators = new Map<Language, Translate>();

function translatorFor(name: Language): Translate {
  const known = translators.get(name);
  if (known) return known;
  const plurals = new Intl.PluralRules(name);
  const translate: Translate = (key, values = {}) => {
    const text = tables[name][key];
    const forms = text.split(' | ');
    const count = Number(values.count);
    const form = forms.length > 1 && plurals.select(count) !== 'one' ? forms[1] : forms[0];
    return (form ?? text).replaceAll(/\{(\w+)\}/g, (_, value: string) => String(values[value] ?? ''));
  };
  translators.set(name, translate);
  return translate;
}

/** For code outside components; inside one, `useText` follows a change of language. */
export const text: Translate = (key, values) => translatorFor(current)(key, values);

/** Calls `listener` whenever another language is chosen; the result stops that. */
export const onLanguage = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLanguage = (): Language => useSyncExternalStore(onLanguage, language);

/** The words of the chosen language: `const t = useText(); t('run.start')`. */
export const useText = (): Translate => translatorFor(useLanguage());
