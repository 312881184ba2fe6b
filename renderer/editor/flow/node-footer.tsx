import { memo } from 'react';
import { useEngineText } from '../../i18n/engine-text.ts';
import { useText } from '../../i18n/index.ts';
import { PictureBadge } from '../../live/picture-badge.tsx';
import { PinStrip } from '../../live/pin-strip.tsx';
import { openPreview } from '../../pictures/open-preview.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import type { NodeRun } from '../../state/runtime-store.ts';
import { NodeFindings } from './node-findings.tsx';
import { useGraph, useTab } from './tab-context.ts';
import { useNodeRun, usePreview, useRuntimeId, useWrongValue } from './use-runtime.ts';
import '../../live/live.css';

/** What a run has to show for the node: picture, progress, notices, and why it failed. */
export const NodeFooter = memo(function NodeFooter({
  id,
  title,
}: {
  readonly id: string;
  readonly title: string;
}) {
  const t = useText();
  const run = useNodeRun(id);
  const preview = usePreview(id);
  const wrong = useWrongValue(id);
  const error = run?.error ?? wrong;
  const tab = useTab();
  const at = useRuntimeId(id);
  const type = useGraph(({ nodes }) => nodes[id]?.type ?? '');
  const saves = useCatalogue().get(type)?.effect === 'write';
  return (
    <>
      {preview && (
        <button
          type="button"
          className="node-preview nodrag"
          data-picture={id}
          onClick={() => openPreview(tab.id, at, preview, title)}
        >
          <img src={preview} alt={t('node.preview', { name: title })} draggable={false} />
          <PictureBadge tab={tab} node={at} saves={saves} />
        </button>
      )}
      <PinStrip tab={tab.id} node={at} title={title} />
      <NodeFindings id={id} title={title} />
      {error && <NodeError error={error} isNew={error === run?.error} />}
      {run && (run.state === 'running' || isStepped(run)) && <ProgressLine run={run} />}
    </>
  );
});

interface NodeErrorProps {
  readonly error: NonNullable<NodeRun['error']>;
  /** Something that just happened is read out at once; what is wrong while one types is not. */
  readonly isNew: boolean;
}

function NodeError({ error, isNew }: NodeErrorProps) {
  const { message, hint } = useEngineText().told(error);
  return (
    <p
      className="node-error"
      {...(isNew && { role: 'alert' })}
      title={[message, hint].filter(Boolean).join(' ')}
    >
      {message}
    </p>
  );
}

const isStepped = ({ state, progress }: NodeRun): boolean => state === 'done' && progress?.unit === 'step';

/** Steps keep their count and pace afterwards, so that nothing jumps while values are tried. */
function ProgressLine({ run }: { readonly run: NodeRun }) {
  const t = useText();
  const { progress } = run;
  const isRunning = run.state === 'running';
  const share = progress && progress.total > 0 ? progress.done / progress.total : undefined;
  const words = progress &&
    (progress.total > 1 || progress.unit === 'step') && [
      `${progress.done}/${progress.total}`,
      progress.unit === 'step' &&
        progress.rate !== undefined &&
        t('live.pace', { milliseconds: Math.round(1000 / progress.rate) }),
      isRunning &&
        progress.secondsLeft !== undefined &&
        progress.secondsLeft >= WORTH_WAITING &&
        t('node.seconds-left', { seconds: progress.secondsLeft.toFixed(progress.secondsLeft < 10 ? 1 : 0) }),
    ];
  return (
    <div
      className="node-progress"
      {...(isRunning && { role: 'progressbar', 'aria-label': progress?.unit ?? t('run.running') })}
      {...(isRunning && share !== undefined && { 'aria-valuenow': Math.round(share * 100) })}
    >
      {words && <span>{words.filter(Boolean).join(' · ')}</span>}
      {isRunning && (
        <i data-unknown={share === undefined || undefined} style={{ width: `${(share ?? 1) * 100}%` }} />
      )}
    </div>
  );
}

/** Seconds: less is over before it is read. */
const WORTH_WAITING = 1;
