import { GripVertical, SquareArrowOutUpRight, X } from 'lucide-react';
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react';
import type { JobSummary } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { runCommand } from '../editor/commands/index.ts';
import { tell } from '../engine-client/run-session.ts';
import { useEngineText } from '../i18n/engine-text.ts';
import { useText } from '../i18n/index.ts';
import { sourceOf } from '../pictures/picture-actions.ts';
import { useThumbnail } from '../pictures/thumbnails.ts';
import { usePictures } from '../state/pictures-store.ts';
import { useRunReport } from '../state/run-report-store.ts';
import { openViewer } from '../state/viewer-store.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { cn } from '../ui/class-names.ts';
import { openJob, showJobNode, useNodeTitles } from './job-document.ts';
import { nameOfJob, progressWords, timeText } from './job-words.ts';
import { ProgressBar } from './progress-bar.tsx';

interface JobProps {
  readonly job: JobSummary;
}

const cancel = (job: string) => void services().session.engine.call('run/cancel', { job }).catch(tell);

/** The name of a job and what tells it from others of the same workflow. */
function Name({ job }: JobProps) {
  const t = useText();
  const { seeds = [], live, held } = job;
  const details = [
    held && t('queue.from-before'),
    live && t('queue.live'),
    seeds.length > 0 && t('queue.seed', { seed: seeds.join(', ') }),
  ];
  return (
    <span className="flex min-w-0 flex-1 items-baseline gap-2">
      <span className="min-w-0 truncate">{nameOfJob(job, t)}</span>
      <span className="min-w-10 shrink-[4] truncate text-label text-dim">
        {details.filter(Boolean).join(' · ')}
      </span>
    </span>
  );
}

/** The buttons at the end of a row: seen when the row is pointed at, reached by keys always. */
function Buttons({ job, children }: JobProps & { readonly children?: ReactNode }) {
  const t = useText();
  return (
    <span className="flex shrink-0 [&_button]:size-6 [&_svg]:size-3.5">
      <IconButton
        label={t('queue.open', { name: nameOfJob(job, t) })}
        side="left"
        onClick={() => void openJob(job).catch(tell)}
      >
        <SquareArrowOutUpRight />
      </IconButton>
      {children}
    </span>
  );
}

function Cancel({ job }: JobProps) {
  const t = useText();
  return (
    <IconButton
      label={t('queue.cancel', { name: nameOfJob(job, t) })}
      side="left"
      disabled={job.stopping}
      onClick={() => cancel(job.id)}
    >
      <X />
    </IconButton>
  );
}

/** The job that runs: where it is and how long it will take. */
export function RunningRow({ job }: JobProps) {
  const t = useText();
  const running = useRunReport((state) => (state.running?.job === job.id ? state.running : undefined));
  const titleOf = useNodeTitles(job.id);
  const { progress, node } = running ?? {};
  const share = progress && progress.total > 0 ? progress.done / progress.total : undefined;
  const words = job.stopping
    ? [t('queue.stopping')]
    : [
        node === undefined ? t('queue.starting') : titleOf(node),
        ...(progress ? progressWords(progress, t) : []),
      ];
  return (
    <li data-job={job.id} className="flex flex-col gap-1">
      <span className="flex items-center gap-1">
        <Name job={job} />
        <Buttons job={job}>
          <Cancel job={job} />
        </Buttons>
      </span>
      <ProgressBar label={t('queue.progress', { name: nameOfJob(job, t) })} share={share} />
      <span className="flex min-h-6 items-center justify-between gap-2 text-label text-dim">
        {words.filter(Boolean).join(' · ')}
        {job.stopping && (
          <Button className="h-6" title={t('queue.stop-now-hint')} onClick={() => runCommand('run.stop-now')}>
            {t('queue.stop-now')}
          </Button>
        )}
      </span>
    </li>
  );
}

interface WaitingProps extends JobProps {
  readonly row: number;
  readonly isLifted: boolean;
  readonly onLift: (event: PointerEvent<HTMLElement>) => void;
  readonly onStep: (by: number) => void;
}

/** A job that waits; its handle is dragged, or moved with the arrow keys. */
export function WaitingRow({ job, row, isLifted, onLift, onStep }: WaitingProps) {
  const t = useText();
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onStep(by);
  };
  return (
    <li
      data-job={job.id}
      data-row={row}
      className={cn('flex h-7 items-center gap-1 rounded-chip', isLifted && 'bg-control-hover')}
    >
      <button
        type="button"
        aria-label={t('queue.move', { name: nameOfJob(job, t) })}
        className="row-handle grid h-6 w-6 shrink-0 cursor-grab place-items-center text-faint hover:text-text"
        onPointerDown={onLift}
        onKeyDown={onKeyDown}
      >
        <GripVertical size={14} />
      </button>
      <Name job={job} />
      <Buttons job={job}>
        <Cancel job={job} />
      </Buttons>
    </li>
  );
}

/** A job that failed: why, and the way to where. */
export function FailedRow({ job }: JobProps) {
  const t = useText();
  const { node } = job;
  const { message, hint } = useEngineText().told({ message: job.message ?? '', hint: job.hint });
  const title = useNodeTitles(node === undefined ? undefined : job.id)(node ?? '');
  return (
    <li data-job={job.id} className="flex flex-col gap-1">
      <span className="flex items-center gap-1">
        <Name job={job} />
        <Buttons job={job} />
      </span>
      <p className="break-words text-bad select-text">{message}</p>
      {hint && <p className="break-words text-dim select-text">{hint}</p>}
      {node !== undefined && (
        <Button className="h-6 self-start" onClick={() => void showJobNode(job, node).catch(tell)}>
          {title === '' ? t('queue.show-job') : t('queue.show', { node: title })}
        </Button>
      )}
    </li>
  );
}

/** A job that came to its end, with what it made. */
export function DoneRow({ job }: JobProps) {
  const t = useText();
  const picture = usePictures(({ pictures }) => pictures.find((other) => other.job === job.id)?.id);
  const { state, milliseconds } = job;
  const words =
    state === 'cancelled' ? t('queue.cancelled') : milliseconds !== undefined && timeText(milliseconds, t);
  return (
    <li data-job={job.id} className="flex h-8 items-center gap-2">
      {picture === undefined ? (
        <span aria-hidden className="size-7 shrink-0 rounded-chip bg-control" />
      ) : (
        <JobPicture id={picture} job={job} />
      )}
      <Name job={job} />
      <span className="shrink-0 text-label text-dim">{words}</span>
      <Buttons job={job} />
    </li>
  );
}

function JobPicture({ id, job }: { readonly id: string; readonly job: JobSummary }) {
  const t = useText();
  const url = useThumbnail(id);
  const made = usePictures(({ pictures }) => pictures);
  const look = () => {
    const own = made.filter((picture) => picture.job === job.id);
    openViewer(own.map(sourceOf));
  };
  return (
    <button
      type="button"
      aria-label={t('viewer.picture', { label: nameOfJob(job, t) })}
      className="size-7 shrink-0 cursor-zoom-in overflow-hidden rounded-chip bg-control"
      onClick={look}
    >
      {url !== undefined && url !== 'none' && <img src={url} alt="" className="size-full object-cover" />}
    </button>
  );
}
