import { FilePlus2, FolderOpen } from 'lucide-react';
import { useState } from 'react';
import { services } from '../app/services.ts';
import { runCommand } from '../editor/commands/index.ts';
import { useLanguage, useText } from '../i18n/index.ts';
import { templateWords } from '../i18n/messages/templates.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { openTab } from '../state/workspace.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/text-field.tsx';
import { RecentList } from './recent-list.tsx';
import { TemplateCard } from './template-card.tsx';
import { openTemplate, type Template, useTemplates } from './template-list.ts';

/** Where work starts: templates to begin from and the workflows used last. */
export function Templates() {
  const t = useText();
  const into = useLanguage();
  const templates = useTemplates();
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLowerCase();
  const isFound = ({ id, document: { meta } }: Template) => {
    const words = into === 'zh' ? templateWords[id] : undefined;
    return [id, meta?.title, meta?.description, words?.title, words?.line].some((text) =>
      text?.toLowerCase().includes(wanted),
    );
  };
  const found = templates?.filter(isFound);
  const { recent } = services().files;
  return (
    <Dialog
      open
      onClose={closeOverlay}
      title={t('templates.title')}
      className="top-[8vh] h-[min(700px,84vh)] max-h-none w-[min(980px,94vw)]"
    >
      <div className="flex h-full">
        <div className="flex w-60 shrink-0 flex-col gap-3 border-r border-line p-3">
          <Button
            className="justify-start"
            onClick={() => {
              closeOverlay();
              openTab();
            }}
          >
            <FilePlus2 size={14} /> {t('templates.empty')}
          </Button>
          <Button
            className="justify-start"
            onClick={() => {
              closeOverlay();
              runCommand('file.open');
            }}
          >
            <FolderOpen size={14} /> {t('templates.open')}
          </Button>
          {recent && <RecentList recent={recent} />}
        </div>
        <div className="flex min-w-0 flex-1 flex-col">
          <form
            className="p-4 pb-0"
            onSubmit={(event) => {
              event.preventDefault();
              const [first] = found ?? [];
              if (!first) return;
              closeOverlay();
              openTemplate(first);
            }}
          >
            <TextField
              autoFocus
              value={query}
              placeholder={t('templates.search')}
              aria-label={t('templates.search')}
              onChange={(event) => setQuery(event.target.value)}
            />
          </form>
          <section
            aria-label={t('templates.list')}
            className="grid min-h-0 flex-1 auto-rows-max grid-cols-[repeat(auto-fill,minmax(200px,1fr))] gap-3 overflow-y-auto p-4"
          >
            {!found && <p className="text-dim">{t('empty.loading')}</p>}
            {found?.length === 0 && <p className="text-dim">{t('templates.none')}</p>}
            {found?.map((template) => (
              <TemplateCard key={template.id} template={template} className="h-full" onOpen={closeOverlay} />
            ))}
          </section>
        </div>
      </div>
    </Dialog>
  );
}
