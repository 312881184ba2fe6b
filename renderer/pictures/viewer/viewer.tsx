import { Dialog } from 'radix-ui';
import { useEffect, useRef, useState } from 'react';
import { services } from '../../app/services.ts';
import { useText } from '../../i18n/index.ts';
import { picturesStore } from '../../state/pictures-store.ts';
import {
  closeCompare,
  closeViewer,
  isViewerOpen,
  shownSource,
  useViewer,
  viewerStore,
} from '../../state/viewer-store.ts';
import { relistPictures } from '../follow-pictures.ts';
import { blobOf } from '../picture-data.ts';
import { Compare } from './compare.tsx';
import { Making } from './making.tsx';
import { Single } from './single.tsx';
import { Toolbar } from './toolbar.tsx';
import './viewer.css';

/** Pictures over the whole window, one or two at a time. */
export function Viewer() {
  return useViewer(isViewerOpen) ? <OpenViewer /> : null;
}

/** A comparison goes back to the picture it was opened from. */
function leave(): void {
  const { shown, compared } = viewerStore.getState();
  if (shown && compared) closeCompare();
  else closeViewer();
}

function OpenViewer() {
  const t = useText();
  const content = useRef<HTMLDivElement>(null);
  const [opener] = useState(() => document.activeElement);
  const source = useViewer(shownSource);
  const compared = useViewer((state) => state.compared);
  const hasInfo = useViewer((state) => state.hasInfo);
  const sources = compared ?? (source ? [source] : []);
  useNeighbours();
  useEffect(() => {
    if (!picturesStore.getState().isListed) void relistPictures(services().session.engine);
  }, []);
  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Content
          ref={content}
          aria-describedby={undefined}
          data-scope="viewer pictures"
          className="fixed inset-0 z-40 flex flex-col bg-canvas outline-none"
          onOpenAutoFocus={(event) => {
            // Keys are about the picture until a person tabs to a control.
            event.preventDefault();
            content.current?.focus();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (opener instanceof HTMLElement) opener.focus();
          }}
          onKeyDown={(event) => {
            // Heard here: the tip of a control would keep the key from the dialog.
            if (event.key === 'Escape') leave();
          }}
          // Messages lie above and have buttons.
          onInteractOutside={(event) => event.preventDefault()}
        >
          <Dialog.Title className="sr-only">{t('viewer.title')}</Dialog.Title>
          <Toolbar sources={sources} />
          <div className="flex min-h-0 flex-1">
            {compared ? <Compare pair={compared} /> : source && <Single source={source} />}
            {hasInfo && (
              <aside
                aria-label={t('info.title')}
                className="flex w-80 shrink-0 flex-col gap-5 overflow-y-auto border-l border-line bg-surface p-4"
              >
                {sources.map((one, at) => (
                  <section key={at === 0 ? 'a' : 'b'}>
                    <h2 className="mb-3 truncate font-semibold">{compared ? one.label : t('info.title')}</h2>
                    <Making source={one} />
                  </section>
                ))}
              </aside>
            )}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Fetches the pictures beside the shown one, so that a step shows them at once. */
function useNeighbours(): void {
  const shown = useViewer((state) => state.shown);
  useEffect(() => {
    for (const by of [1, -1]) {
      const neighbour = shown?.sources[shown.at + by];
      // One that cannot be had says so when it is looked at.
      if (neighbour && 'id' in neighbour) blobOf(neighbour).catch(() => undefined);
    }
  }, [shown]);
}
