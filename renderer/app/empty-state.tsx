import { runCommand } from '../editor/commands/index.ts';
import { useText } from '../i18n/index.ts';
import { TemplateCard } from '../overlays/template-card.tsx';
import { useTemplates } from '../overlays/template-list.ts';
import { Button } from '../ui/button.tsx';

/** The templates to begin with, by file name. */
const FIRST = ['text-to-image', 'live-strength', 'prompt-grid'];

/** An empty canvas says what can be done with it. */
export function EmptyState() {
  const t = useText();
  const templates = useTemplates();
  return (
    <div className="pointer-events-none absolute inset-0 z-10 grid place-items-center">
      <div className="flex max-w-[720px] flex-col items-center gap-6">
        <p className="max-w-md text-center text-[15px] leading-6 text-dim">{t('empty.text')}</p>
        <div className="flex gap-4">
          {FIRST.map((id) => {
            const template = templates?.find((other) => other.id === id);
            return (
              template && <TemplateCard key={id} template={template} className="pointer-events-auto w-52" />
            );
          })}
        </div>
        <Button className="pointer-events-auto" onClick={() => runCommand('file.templates')}>
          {t('templates.more')}
        </Button>
      </div>
    </div>
  );
}
