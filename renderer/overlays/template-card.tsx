import { Check, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { useText } from '../i18n/index.ts';
import { fileUses } from '../models/document-files.ts';
import { useListed } from '../models/missing-files.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { cn } from '../ui/class-names.ts';
import { openTemplate, type Template, useTemplateWords } from './template-list.ts';

interface TemplateCardProps {
  readonly template: Template;
  readonly className?: string;
  readonly onOpen?: () => void;
}

/** A template: its picture, what it does, and whether the files it needs are there. */
export function TemplateCard({ template, className, onOpen }: TemplateCardProps) {
  const { title, line } = useTemplateWords(template);
  return (
    <button
      type="button"
      className={cn(
        'flex flex-col overflow-hidden rounded-node border border-line bg-surface text-left hover:border-accent',
        className,
      )}
      onClick={() => {
        onOpen?.();
        openTemplate(template);
      }}
    >
      <span className="grid h-28 w-full shrink-0 place-items-center overflow-hidden bg-control">
        {template.picture && (
          <img src={template.picture} alt="" className="size-full object-cover" draggable={false} />
        )}
      </span>
      <span className="flex flex-1 flex-col gap-0.5 p-3">
        <span className="font-semibold">{title}</span>
        <span className="line-clamp-2 text-label text-dim" title={line}>
          {line}
        </span>
        <Needs template={template} />
      </span>
    </button>
  );
}

/** The files a template names: all there, or which are not. */
function Needs({ template: { document } }: { readonly template: Template }) {
  const t = useText();
  const catalogue = useCatalogue();
  const uses = useMemo(() => fileUses(document, catalogue), [document, catalogue]);
  const lists = useListed(uses.map(({ kind }) => kind));
  if (uses.some(({ kind }) => !lists[kind])) return <span className="mt-auto min-h-5" />;
  const missing = uses.flatMap(({ kind, name }) => {
    const files = lists[kind] ?? [];
    if (name !== '') return files.some((file) => file.name === name) ? [] : [name];
    return files.length > 0 ? [] : [t('templates.any', { kind: t(`models.kind-word.${kind}`) })];
  });
  return missing.length === 0 ? (
    <span className="mt-auto flex items-center gap-1 pt-1.5 text-label text-good">
      <Check size={12} /> {t('templates.has')}
    </span>
  ) : (
    <span className="mt-auto flex items-center gap-1 pt-1.5 text-label text-warn">
      <TriangleAlert size={12} className="shrink-0" />
      {t('templates.lacks', { names: [...new Set(missing)].join(t('ui.comma')) })}
    </span>
  );
}
