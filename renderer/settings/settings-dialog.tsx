import { useEffect, useState } from 'react';
import { type Translate, useText } from '../i18n/index.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { cn } from '../ui/class-names.ts';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/text-field.tsx';
import { appearance } from './appearance.tsx';
import { device } from './device.tsx';
import { loadEngineSettings } from './engine-settings.ts';
import { folders } from './folders.tsx';
import { output } from './output.tsx';
import type { Section, SectionId, Setting } from './setting.ts';
import { shortcuts } from './shortcuts.tsx';

const sections: readonly Section[] = [appearance, folders, output, device, shortcuts];

/** Sections at the left, what is in them at the right; a search looks through all of them. */
export function SettingsDialog({ start }: { readonly start: SectionId | undefined }) {
  const t = useText();
  const [query, setQuery] = useState('');
  const [shown, setShown] = useState<SectionId>(start ?? 'appearance');
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  useEffect(() => {
    if (connected) void loadEngineSettings();
  }, [connected]);
  const wanted = query.trim().toLowerCase();
  const found = wanted === '' ? sections.filter(({ id }) => id === shown) : matching(wanted, t);
  return (
    <Dialog
      open
      onClose={closeOverlay}
      title={t('settings.title')}
      className="top-[8vh] h-[min(680px,84vh)] max-h-none w-[min(860px,94vw)]"
    >
      <div className="flex h-full">
        <div className="flex w-48 shrink-0 flex-col gap-3 border-r border-line p-3">
          <TextField
            autoFocus
            value={query}
            placeholder={t('settings.search')}
            aria-label={t('settings.search')}
            onChange={(event) => setQuery(event.target.value)}
          />
          <nav aria-label={t('settings.sections')} className="flex flex-col gap-0.5">
            {sections.map(({ id, icon: Icon }) => {
              const isShown = wanted === '' && id === shown;
              return (
                <button
                  key={id}
                  type="button"
                  aria-current={isShown ? 'page' : undefined}
                  className={cn(
                    'flex h-8 items-center gap-2 rounded-chip px-2 text-left text-dim hover:bg-control-hover hover:text-text',
                    isShown && 'bg-control-hover text-text',
                  )}
                  onClick={() => {
                    setQuery('');
                    setShown(id);
                  }}
                >
                  <Icon size={15} />
                  {t(`settings.${id}`)}
                </button>
              );
            })}
          </nav>
        </div>
        <div className="min-w-0 flex-1 overflow-y-auto px-6 py-4">
          {found.length === 0 && <p className="text-dim">{t('settings.none')}</p>}
          {found.map(({ id, settings }) => (
            <section key={id} className="mb-6 last:mb-0">
              <h3 className="mb-3 text-[15px] leading-5 font-semibold">{t(`settings.${id}`)}</h3>
              {settings.map((setting) => (
                <Row key={setting.id} setting={setting} query={wanted} />
              ))}
            </section>
          ))}
        </div>
      </div>
    </Dialog>
  );
}

/** The settings that a search finds, in their sections. */
function matching(wanted: string, t: Translate): Section[] {
  const has = (text: string) => text.toLowerCase().includes(wanted);
  return sections.flatMap((section) => {
    const settings = section.settings.filter(
      ({ title, hint, words }) =>
        has(t(title)) || (hint && has(t(hint))) || has(t(`settings.${section.id}`)) || words?.(t).some(has),
    );
    return settings.length > 0 ? [{ ...section, settings }] : [];
  });
}

function Row({ setting, query }: { readonly setting: Setting; readonly query: string }) {
  const t = useText();
  const { title, hint, shape, control: Control } = setting;
  return (
    <div
      className={cn(
        'border-b border-line/60 py-3 last:border-b-0',
        shape === 'row' ? 'flex items-center justify-between gap-6' : 'flex flex-col gap-2',
      )}
    >
      <div>
        <h4 className="font-semibold">{t(title)}</h4>
        {hint && <p className="mt-0.5 max-w-prose text-dim">{t(hint)}</p>}
      </div>
      <Control query={query} />
    </div>
  );
}
