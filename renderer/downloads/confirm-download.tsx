import type { DownloadPlan } from '../../nodes/protocol/downloads.ts';
import { useText } from '../i18n/index.ts';
import { Button } from '../ui/button.tsx';
import { byteSize } from '../ui/byte-size.ts';
import { Dialog } from '../ui/dialog.tsx';
import { titleOf } from './download-words.ts';
import { closePlan, startDownload } from './downloads-store.ts';

/** What would be downloaded, how large it is and where it goes; nothing starts without a yes here. */
export function ConfirmDownload({ plan, mirror }: { readonly plan: DownloadPlan; readonly mirror: string }) {
  const t = useText();
  const { id, files, folder, missingBytes, freeBytes } = plan;
  const isTight = freeBytes < missingBytes;
  const free = byteSize(freeBytes);
  return (
    <Dialog
      open
      onClose={closePlan}
      title={t('downloads.confirm-title', { name: titleOf(id, t) })}
      description={t('downloads.confirm', { mirror, folder })}
      actions={
        <>
          <Button onClick={closePlan}>{t('downloads.cancel')}</Button>
          <Button look="accent" disabled={isTight} onClick={() => void startDownload(plan)}>
            {missingBytes > 0
              ? t('downloads.confirm-start', { size: byteSize(missingBytes) })
              : t('downloads.check')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 p-4 pt-2">
        <ul
          aria-label={t('downloads.files')}
          className="flex flex-col divide-y divide-line rounded-control border border-line"
        >
          {files.map(({ target, bytes, present }) => (
            <li key={target} className="flex gap-3 px-3 py-1.5 text-label">
              <span className="min-w-0 flex-1 break-all select-text">{target}</span>
              {present && <span className="shrink-0 text-good">{t('downloads.file-here')}</span>}
              <span className="w-16 shrink-0 text-right text-dim tabular-nums">{byteSize(bytes)}</span>
            </li>
          ))}
        </ul>
        <p className={isTight ? 'text-bad' : 'text-dim'}>
          {missingBytes === 0 ? `${t('downloads.confirm-nothing')} ` : ''}
          {t(isTight ? 'downloads.no-space' : 'downloads.space', { free })}
        </p>
      </div>
    </Dialog>
  );
}
