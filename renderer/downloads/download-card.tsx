import { Check, CircleX, X } from 'lucide-react';
import type { DownloadState } from '../../nodes/protocol/downloads.ts';
import { useEngineText } from '../i18n/engine-text.ts';
import { type Translate, useText } from '../i18n/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { byteSize } from '../ui/byte-size.ts';
import { aboutOf, titleOf } from './download-words.ts';
import { lookUp, stopDownload } from './downloads-store.ts';

const RUNNING: ReadonlySet<DownloadState['state']> = new Set(['waiting', 'checking', 'running']);

/** A model that can be downloaded: how far it is and what can be done about it. */
export function DownloadCard({
  download,
  isLookedUp,
}: {
  readonly download: DownloadState;
  readonly isLookedUp: boolean;
}) {
  const t = useText();
  const { id, state, doneBytes, totalBytes } = download;
  const failure = useEngineText().told({ message: download.message ?? '', hint: download.hint });
  const isRunning = RUNNING.has(state);
  const share = totalBytes ? doneBytes / totalBytes : 0;
  return (
    <li className="flex flex-col gap-1.5 rounded-control border border-line bg-control/40 p-3">
      <span className="flex items-center gap-2">
        <span className="min-w-0 flex-1 font-semibold">{titleOf(id, t)}</span>
        {state === 'complete' && <Check size={14} className="shrink-0 text-good" />}
      </span>
      <span className="text-label text-dim">{aboutOf(id, t)}</span>
      {(isRunning || state === 'partial') && (
        <progress
          className="h-1 w-full appearance-none overflow-hidden rounded-chip bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
          aria-label={t('downloads.progress', { name: titleOf(id, t) })}
          max={1}
          value={share}
        />
      )}
      <span className="text-label break-words text-dim tabular-nums" aria-live="polite">
        {statusLine(download, t)}
      </span>
      {isRunning && download.file !== undefined && state === 'running' && (
        <span className="truncate text-label text-faint" title={download.file}>
          {download.file}
        </span>
      )}
      {state === 'failed' && failure.message !== '' && (
        <span className="flex gap-2 text-label select-text">
          <CircleX size={14} className="mt-0.5 shrink-0 text-bad" />
          <span className="min-w-0 break-words">
            {failure.message}
            {failure.hint !== undefined && <span className="block text-dim">{failure.hint}</span>}
          </span>
        </span>
      )}
      <span className="mt-1 flex items-center gap-1.5">
        {isRunning ? (
          <Button onClick={() => void stopDownload(id, false)}>{t('downloads.stop')}</Button>
        ) : (
          <Button disabled={isLookedUp} onClick={() => void lookUp(id)}>
            {isLookedUp ? t('downloads.looking-up') : t(actionOf(download))}
          </Button>
        )}
        {!isRunning && state !== 'complete' && doneBytes > 0 && (
          <IconButton label={t('downloads.discard')} onClick={() => void stopDownload(id, true)}>
            <X />
          </IconButton>
        )}
      </span>
    </li>
  );
}

function actionOf({ state, doneBytes }: DownloadState) {
  if (state === 'failed') return 'downloads.retry';
  if (state === 'complete') return 'downloads.check';
  return doneBytes > 0 ? 'downloads.continue' : 'downloads.look-up';
}

function statusLine(download: DownloadState, t: Translate): string {
  const { state, doneBytes, totalBytes = 0, bytesPerSecond, secondsLeft, file = '' } = download;
  const sizes = { done: byteSize(doneBytes), total: byteSize(totalBytes) };
  switch (state) {
    case 'absent':
      return t('downloads.absent');
    case 'complete':
      return t('downloads.complete', sizes);
    case 'waiting':
      return t('downloads.waiting');
    case 'checking':
      return t('downloads.checking', { file });
    case 'running':
      return [
        t('downloads.running', sizes),
        bytesPerSecond !== undefined && t('downloads.rate', { rate: byteSize(bytesPerSecond) }),
        secondsLeft !== undefined && t('downloads.left', { time: duration(secondsLeft, t) }),
      ]
        .filter(Boolean)
        .join(' · ');
    default:
      return doneBytes > 0 ? t('downloads.partial', sizes) : t('downloads.absent');
  }
}

/** Rounded as people say it. */
function duration(seconds: number, t: Translate): string {
  if (seconds < 90) return t('downloads.seconds', { count: Math.ceil(seconds) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return t('downloads.minutes', { count: minutes });
  return t('downloads.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}
