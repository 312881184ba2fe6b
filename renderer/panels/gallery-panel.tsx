import { Columns2, Download, FolderOpen, ImagePlus, Images, Trash2, Workflow } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { services } from '../app/services.ts';
import { type CommandId, canRun, command, runCommand } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { useText } from '../i18n/index.ts';
import { relistPictures } from '../pictures/follow-pictures.ts';
import { GalleryGrid } from '../pictures/gallery-grid.tsx';
import { filterPictures, usePictures, visiblePictures } from '../state/pictures-store.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import type { Panel } from './panel.ts';

const actions: readonly (readonly [id: CommandId, icon: ReactNode])[] = [
  ['picture.compare', <Columns2 key="compare" />],
  ['picture.workflow', <Workflow key="workflow" />],
  ['picture.load', <ImagePlus key="load" />],
  ['picture.download', <Download key="download" />],
  ['picture.reveal', <FolderOpen key="reveal" />],
  ['picture.delete', <Trash2 key="delete" />],
];

/** Everything that was made, newest first. */
function GalleryPanel() {
  const t = useText();
  const query = usePictures((state) => state.query);
  const isListed = usePictures((state) => state.isListed);
  const pictures = usePictures(visiblePictures);
  const hasAny = usePictures(({ pictures: all, hidden }) => all.some(({ id }) => !hidden.has(id)));
  useFreshList();
  if (!isListed) return null;
  return (
    <div className="flex h-full flex-col">
      {hasAny && (
        <div className="border-b border-line p-2">
          <TextField
            type="search"
            value={query}
            placeholder={t('gallery.filter')}
            aria-label={t('gallery.filter')}
            onChange={(event) => filterPictures(event.target.value)}
          />
        </div>
      )}
      {pictures.length > 0 ? (
        <>
          <GalleryGrid pictures={pictures} />
          <Footer count={pictures.length} />
        </>
      ) : (
        <div role="status" className="flex flex-col items-start gap-2 p-4">
          <p>{hasAny ? t('gallery.nothing', { query }) : t('gallery.empty')}</p>
          {hasAny ? (
            <Button onClick={() => filterPictures('')}>{t('gallery.show-all')}</Button>
          ) : (
            <p className="text-dim">{t('gallery.empty-hint')}</p>
          )}
        </div>
      )}
    </div>
  );
}

/** How many there are, or what can be done with those that are selected. */
function Footer({ count }: { readonly count: number }) {
  const t = useText();
  const keys = useBindings();
  // Drawn anew whenever what is selected, and so what can be done, changes.
  const selected = usePictures((state) => state.selected.size);
  return (
    <footer className="flex h-9 shrink-0 items-center justify-between gap-2 border-t border-line pr-1 pl-3 text-label text-dim">
      <span role="status" className="truncate">
        {selected > 0
          ? t('gallery.selected', { count: selected, all: count })
          : t('gallery.count', { count })}
      </span>
      {selected > 0 && (
        <span className="flex">
          {actions.map(([id, icon]) => (
            <IconButton
              key={id}
              side="top"
              label={t(`cmd.${id}`)}
              keys={keys(id)[0]}
              disabled={!canRun(command(id))}
              onClick={() => runCommand(id)}
            >
              {icon}
            </IconButton>
          ))}
        </span>
      )}
    </footer>
  );
}

/** Lists the pictures when the panel opens, and again when the person may have been in the folder. */
function useFreshList(): void {
  const isConnected = useRuntime(({ connection }) => connection.kind === 'connected');
  useEffect(() => {
    if (!isConnected) return;
    const list = () => void relistPictures(services().session.engine);
    list();
    window.addEventListener('focus', list);
    return () => window.removeEventListener('focus', list);
  }, [isConnected]);
}

export const galleryPanel: Panel = {
  id: 'gallery',
  side: 'right',
  title: 'panel.gallery',
  icon: Images,
  command: 'view.gallery',
  content: GalleryPanel,
};
