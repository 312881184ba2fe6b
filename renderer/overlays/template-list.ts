import { useEffect } from 'react';
import { createStore, useStore } from 'zustand';
import type { CallOutput } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { type Language, language, useLanguage } from '../i18n/index.ts';
import { templateWords } from '../i18n/messages/templates.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { openTab } from '../state/workspace.ts';

type TemplateFile = CallOutput<'document/templates'>[number];

export interface Template {
  readonly id: string;
  readonly document: TemplateFile['document'];
  /** Object URL of its picture; kept as long as the page. */
  readonly picture: string | undefined;
}

const store = createStore<{ readonly templates: readonly Template[] | undefined }>(() => ({
  templates: undefined,
}));
let asked: Promise<void> | undefined;

const withPicture = ({ id, document, thumbnail }: TemplateFile): Template => ({
  id,
  document,
  picture: thumbnail && URL.createObjectURL(new Blob([thumbnail as Uint8Array<ArrayBuffer>])),
});

/** Fetches the templates once; they ship with the program. */
export function loadTemplates(): Promise<void> {
  asked ??= services()
    .session.engine.call('document/templates')
    .then(
      (files) => store.setState({ templates: files.map(withPicture) }),
      (error: unknown) => {
        asked = undefined;
        tell(error);
      },
    );
  return asked;
}

export const templateOf = (id: string): Template | undefined =>
  store.getState().templates?.find((template) => template.id === id);

/** The templates; undefined until they were fetched. */
export function useTemplates(): readonly Template[] | undefined {
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  useEffect(() => {
    if (connected) void loadTemplates();
  }, [connected]);
  return useStore(store, ({ templates }) => templates);
}

function wordsOf({ id, document: { meta } }: Template, into: Language) {
  const translated = into === 'zh' ? templateWords[id] : undefined;
  return {
    title: translated?.title ?? meta?.title ?? id,
    line: translated?.line ?? meta?.description ?? '',
  };
}

/** Title and one line of a template in the person's language. */
export const useTemplateWords = (template: Template) => wordsOf(template, useLanguage());

/** Opens a template in a tab of its own, called as the person's language calls it. */
export function openTemplate(template: Template): void {
  const { document } = template;
  const { title, line } = wordsOf(template, language());
  openTab({
    document: { ...document, meta: { ...document.meta, title, description: line } },
    name: undefined,
  });
}
