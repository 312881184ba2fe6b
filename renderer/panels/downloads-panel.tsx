import { Download } from 'lucide-react';
import { useId, useState } from 'react';
import { ConfirmDownload } from '../downloads/confirm-download.tsx';
import { DownloadCard } from '../downloads/download-card.tsx';
import { configureDownloads, useDownloads } from '../downloads/downloads-store.ts';
import { useText } from '../i18n/index.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import type { Panel } from './panel.ts';

/** Models that can be fetched, once a person has allowed it. */
function DownloadsPanel() {
  const t = useText();
  const { downloads, lookingUp, plan } = useDownloads();
  if (!downloads) return null;
  const { enabled, mirror, folder, models } = downloads;
  return (
    <div className="flex min-h-full flex-col gap-3 p-3">
      {!enabled && (
        <section className="flex flex-col gap-2">
          <p>{t('downloads.off')}</p>
          <p className="text-dim">{t('downloads.off-more')}</p>
          <Button look="accent" onClick={() => void configureDownloads({ enabled: true })}>
            {t('downloads.allow')}
          </Button>
        </section>
      )}
      {enabled && (
        <ul aria-label={t('downloads.list')} className="flex flex-col gap-2">
          {models.map((download) => (
            <DownloadCard key={download.id} download={download} isLookedUp={lookingUp === download.id} />
          ))}
        </ul>
      )}
      <footer className="mt-auto flex flex-col gap-2 text-label">
        <MirrorField key={mirror} mirror={mirror} />
        <p className="break-all text-dim">{t('downloads.folder', { folder })}</p>
        {enabled && (
          <Button className="self-start" onClick={() => void configureDownloads({ enabled: false })}>
            {t('downloads.forbid')}
          </Button>
        )}
      </footer>
      {plan && <ConfirmDownload plan={plan} mirror={mirror} />}
    </div>
  );
}

/** Takes effect when it is left or Enter is pressed. */
function MirrorField({ mirror }: { readonly mirror: string }) {
  const t = useText();
  const id = useId();
  const [text, setText] = useState(mirror);
  const commit = () => {
    if (text.trim() === mirror) return;
    // What is refused goes back to what holds.
    void configureDownloads({ mirror: text.trim() }).then(() => setText(mirror));
  };
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id}>{t('downloads.mirror')}</label>
      <TextField
        id={id}
        type="url"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      <span className="text-dim">{t('downloads.mirror-hint')}</span>
    </div>
  );
}

export const downloadsPanel: Panel = {
  id: 'downloads',
  side: 'left',
  title: 'panel.downloads',
  icon: Download,
  command: 'view.downloads',
  content: DownloadsPanel,
};
