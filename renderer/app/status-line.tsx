import { Maximize, ZoomIn, ZoomOut } from 'lucide-react';
import { useZoom } from '../editor/canvas-handle.ts';
import { runCommand } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { useEngineText } from '../i18n/engine-text.ts';
import { useText } from '../i18n/index.ts';
import { useRuntime, useTabRuntime } from '../state/runtime-store.ts';
import { useActiveTab } from '../state/workspace.ts';
import { IconButton } from '../ui/button.tsx';
import { cn } from '../ui/class-names.ts';
import { RunProgress } from './run-progress.tsx';

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

/** What the engine is doing, what the last run was, and the zoom. */
export function StatusLine() {
  const t = useText();
  const keys = useBindings();
  const zoom = useZoom();
  // Values that are tried run for moments only, of which the canvas tells.
  const running = useRuntime(({ queue }) => queue.find(({ state, live }) => state === 'running' && !live));
  return (
    <footer className="flex h-7 shrink-0 items-center gap-3 border-t border-line bg-surface px-3 text-label text-dim">
      <EngineState />
      {running ? <RunProgress job={running} /> : <LastRun />}
      <span className="flex-1" />
      <div className="flex items-center [&_button]:size-6 [&_svg]:size-3.5">
        <span className="mr-1 w-11 text-right" title={t('status.zoom')}>
          {Math.round(zoom * 100)} %
        </span>
        <IconButton
          side="top"
          label={t('cmd.canvas.zoom-out')}
          keys={keys('canvas.zoom-out')[0]}
          onClick={() => runCommand('canvas.zoom-out')}
        >
          <ZoomOut />
        </IconButton>
        <IconButton
          side="top"
          label={t('cmd.canvas.zoom-in')}
          keys={keys('canvas.zoom-in')[0]}
          onClick={() => runCommand('canvas.zoom-in')}
        >
          <ZoomIn />
        </IconButton>
        <IconButton
          side="top"
          label={t('cmd.canvas.fit')}
          keys={keys('canvas.fit')[0]}
          onClick={() => runCommand('canvas.fit')}
        >
          <Maximize />
        </IconButton>
      </div>
    </footer>
  );
}

function EngineState() {
  const t = useText();
  const kind = useRuntime((state) => state.connection.kind);
  const running = useRuntime(({ queue }) => queue.find(({ state }) => state === 'running')?.title);
  const words =
    kind === 'connected'
      ? running === undefined
        ? t('status.ready')
        : t('status.running', { title: running })
      : t(kind === 'connecting' ? 'status.connecting' : 'status.lost');
  return (
    <span className="flex items-center gap-1.5" role="status">
      <i
        className={cn(
          'size-2 rounded-full',
          kind === 'connected'
            ? running === undefined
              ? 'bg-good'
              : 'bg-accent'
            : kind === 'connecting'
              ? 'bg-warn'
              : 'bg-bad',
        )}
      />
      {words}
    </span>
  );
}

function LastRun() {
  const t = useText();
  const tab = useActiveTab();
  const last = useTabRuntime(tab.id, (runtime) => runtime.last);
  const engine = useEngineText();
  if (!last) return null;
  const { job, steps, seeds } = last;
  const parts =
    job.state === 'done'
      ? [
          steps && t('status.steps', { steps }),
          job.milliseconds !== undefined && t('status.done', { time: seconds(job.milliseconds) }),
          seeds.length > 0 && t('status.seed', { seed: seeds.join(', ') }),
        ]
      : [
          job.state === 'failed'
            ? t('status.failed', { message: engine(job.message ?? '') })
            : t('status.cancelled'),
        ];
  return (
    <span className={cn('truncate', job.state === 'failed' && 'text-bad')}>
      {parts.filter(Boolean).join(' · ')}
    </span>
  );
}
