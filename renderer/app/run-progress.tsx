import { X } from 'lucide-react';
import type { JobSummary } from '../../nodes/protocol/contract.ts';
import { runCommand } from '../editor/commands/index.ts';
import { useText } from '../i18n/index.ts';
import { nameOfJob, progressWords } from '../queue/job-words.ts';
import { ProgressBar } from '../queue/progress-bar.tsx';
import { useRunReport } from '../state/run-report-store.ts';
import { Button, IconButton } from '../ui/button.tsx';

/** How far the running job is, how long it will take, and the way to end it. */
export function RunProgress({ job }: { readonly job: JobSummary }) {
  const t = useText();
  const progress = useRunReport(({ running }) => (running?.job === job.id ? running.progress : undefined));
  const share = progress && progress.total > 0 ? progress.done / progress.total : undefined;
  return (
    <span className="flex min-w-0 items-center gap-2">
      <ProgressBar
        label={t('queue.progress', { name: nameOfJob(job, t) })}
        share={share}
        className="w-24 shrink-0"
      />
      <span className="truncate">
        {job.stopping ? t('queue.stopping') : progress && progressWords(progress, t).join(' · ')}
      </span>
      {job.stopping ? (
        <Button
          className="h-5 px-2 text-label"
          title={t('queue.stop-now-hint')}
          onClick={() => runCommand('run.stop-now')}
        >
          {t('queue.stop-now')}
        </Button>
      ) : (
        <IconButton
          label={t('status.cancel')}
          side="top"
          className="size-6 [&_svg]:size-3.5"
          onClick={() => runCommand('run.interrupt')}
        >
          <X />
        </IconButton>
      )}
    </span>
  );
}
