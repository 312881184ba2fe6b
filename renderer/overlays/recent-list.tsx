import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { tell } from '../engine-client/run-session.ts';
import { openBytes } from '../files/documents.ts';
import type { RecentFile, RecentFiles } from '../files/file-access.ts';
import { useLanguage, useText } from '../i18n/index.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { IconButton } from '../ui/button.tsx';

/** The workflows used last; one that is chosen opens in a tab of its own. */
export function RecentList({ recent }: { readonly recent: RecentFiles }) {
  const t = useText();
  const [files, setFiles] = useState<readonly RecentFile[]>([]);
  const language = useLanguage();
  const times = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  useEffect(() => {
    recent.list().then(setFiles, tell);
  }, [recent]);
  const open = async (id: string) => {
    const file = await recent.open(id);
    if (!file) return;
    closeOverlay();
    await openBytes(file);
  };
  const forget = async (id: string) => {
    await recent.forget(id);
    setFiles(await recent.list());
  };
  return (
    <section aria-label={t('recent.title')} className="flex min-h-0 flex-1 flex-col">
      <h3 className="mb-1 text-label text-dim">{t('recent.title')}</h3>
      {files.length === 0 && <p className="text-dim">{t('recent.none')}</p>}
      <ul className="min-h-0 flex-1 overflow-y-auto">
        {files.map(({ id, name, at, isLive }) => (
          <li key={id} className="group flex items-center rounded-chip hover:bg-control-hover">
            <button
              type="button"
              className="min-w-0 flex-1 rounded-chip px-2 py-1 text-left"
              onClick={() => void open(id).catch(tell)}
            >
              <span className="block truncate">{name.replace(/\.kronode\.json$/, '')}</span>
              <span className="block text-label text-dim">
                {times.format(at)}
                {!isLive && ` · ${t('recent.copy')}`}
              </span>
            </button>
            <IconButton
              label={t('recent.forget', { name })}
              className="size-6 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 [&_svg]:size-3.5"
              onClick={() => void forget(id).catch(tell)}
            >
              <X />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
