import { memo } from 'react';
import { useText } from '../../i18n/index.ts';
import { type NodeRun, useTabRuntime } from '../../state/runtime-store.ts';
import { useNodeRun, useTab } from './tab-context.ts';

/** What a run has to show for the node: picture, progress, notices, and why it failed. */
export const NodeFooter = memo(function NodeFooter({
  id,
  title,
}: {
  readonly id: string;
  readonly title: string;
}) {
  const t = useText();
  const tab = useTab();
  const run = useNodeRun(id);
  const preview = useTabRuntime(tab.id, ({ previews }) => previews[id]);
  const error = useTabRuntime(tab.id, ({ nodes }) => nodes[id]?.error);
  return (
    <>
      {preview && (
        <div className="node-preview nodrag" data-picture={id}>
          <img src={preview} alt={t('node.preview', { name: title })} draggable={false} />
        </div>
      )}
      {error && (
        <p className="node-error" role="alert" title={[error.message, error.hint].filter(Boolean).join(' ')}>
          {error.message}
        </p>
      )}
      {run?.state === 'running' && <ProgressLine run={run} />}
    </>
  );
});

function ProgressLine({ run }: { readonly run: NodeRun }) {
  const t = useText();
  const { progress } = run;
  const share = progress && progress.total > 0 ? progress.done / progress.total : undefined;
  return (
    <div
      className="node-progress"
      role="progressbar"
      aria-label={progress?.unit ?? t('run.running')}
      {...(share !== undefined && { 'aria-valuenow': Math.round(share * 100) })}
    >
      {progress && (
        <span>
          {progress.done}/{progress.total}
          {progress.secondsLeft !== undefined &&
            ` · ${t('node.seconds-left', { seconds: progress.secondsLeft.toFixed(progress.secondsLeft < 10 ? 1 : 0) })}`}
        </span>
      )}
      <i data-unknown={share === undefined || undefined} style={{ width: `${(share ?? 1) * 100}%` }} />
    </div>
  );
}
