import { useEffect, useState } from 'react';
import type { CallOutput } from '../../nodes/protocol/contract.ts';
import { tell } from '../engine-client/run-session.ts';
import { useText } from '../i18n/index.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { openTab } from '../state/workspace.ts';
import { services } from './services.ts';

type Template = CallOutput<'document/templates'>[number];

/** The templates to begin with, by file name. */
const FIRST = ['text-to-image', 'live-strength', 'prompt-grid'];

/** An empty canvas says what can be done with it. */
export function EmptyState() {
  const t = useText();
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  const [templates, setTemplates] = useState<readonly Template[]>();
  useEffect(() => {
    if (connected) services().session.engine.call('document/templates').then(setTemplates, tell);
  }, [connected]);
  return (
    <div className="pointer-events-none absolute inset-0 z-10 grid place-items-center">
      <div className="flex max-w-[720px] flex-col items-center gap-6 text-center">
        <p className="max-w-md text-[15px] leading-6 text-dim">{t('empty.text')}</p>
        <div className="flex gap-4">
          {FIRST.map((id) => {
            const template = templates?.find((other) => other.id === id);
            return template && <TemplateCard key={id} template={template} />;
          })}
        </div>
      </div>
    </div>
  );
}

function TemplateCard({ template: { id, document, thumbnail } }: { readonly template: Template }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!thumbnail) return;
    const made = URL.createObjectURL(new Blob([thumbnail as Uint8Array<ArrayBuffer>]));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [thumbnail]);
  return (
    <button
      type="button"
      className="pointer-events-auto flex w-52 flex-col overflow-hidden rounded-node border border-line bg-surface text-left hover:border-accent"
      onClick={() => openTab({ document, name: undefined })}
    >
      <span className="grid h-28 w-full place-items-center overflow-hidden bg-control">
        {url && <img src={url} alt="" className="size-full object-cover" draggable={false} />}
      </span>
      <span className="flex flex-col gap-0.5 p-3">
        <span className="font-semibold">{document.meta?.title ?? id}</span>
        <span className="line-clamp-2 text-label text-dim">{document.meta?.description}</span>
      </span>
    </button>
  );
}
