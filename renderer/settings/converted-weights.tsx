import { useCallback, useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { messageOf } from '../../nodes/core/errors.ts';
import type { ConvertedWeights as Converted } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { useEngineText } from '../i18n/engine-text.ts';
import { useText } from '../i18n/index.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { Button } from '../ui/button.tsx';
import { byteSize } from '../ui/byte-size.ts';
import { loadDevice } from './device-report.ts';

/** How often a conversion is looked at, in milliseconds. */
const LOOK_AGAIN = 2000;

/** What converted weights take on disk, and a way to be rid of them once nobody needs them. */
export function ConvertedWeights() {
  const t = useText();
  const engineWords = useEngineText();
  const engine = useRuntime((state) => state.engine?.state);
  const jobs = useRuntime(({ queue }) => queue.filter(({ state }) => state === 'running').length);
  const [answer, setAnswer] = useState<{ readonly weights: Converted } | { readonly failure: string }>();
  const [isAsking, setAsking] = useState(false);
  const [isClearing, setClearing] = useState(false);
  const clearButton = useRef<HTMLButtonElement>(null);
  const look = useCallback(
    () =>
      services()
        .session.engine.call('engine/weights')
        .then(
          (weights) => setAnswer({ weights }),
          (error: unknown) => setAnswer({ failure: messageOf(error) }),
        ),
    [],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: these say when the answer is another one
  useEffect(() => {
    void look();
  }, [look, engine, jobs]);
  const weights = answer && 'weights' in answer ? answer.weights : undefined;
  const isConverting = weights?.isConverting ?? false;
  useEffect(() => {
    if (!isConverting) return;
    const timer = setInterval(() => void look(), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [isConverting, look]);

  const clear = async () => {
    setAsking(false);
    setClearing(true);
    try {
      await services().session.engine.call('engine/clear-weights');
      toast.success(t('device.weights-cleared'));
    } catch (error) {
      tell(error);
    }
    await Promise.all([look(), loadDevice()]);
    setClearing(false);
  };

  if (answer && 'failure' in answer)
    return (
      <p role="alert" className="text-bad">
        {engineWords(answer.failure)}
      </p>
    );
  if (!weights) return <p className="text-dim">{t('settings.waiting')}</p>;
  const { bytes, files } = weights;
  const size = byteSize(bytes);
  const obstacle = isConverting ? 'device.weights-converting' : jobs > 0 ? 'device.weights-busy' : undefined;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-3">
        <p className="text-dim" role="status">
          {files === 0 ? t('device.weights-none') : t('device.weights-now', { size, count: files })}
        </p>
        <Button
          ref={clearButton}
          aria-expanded={isAsking}
          disabled={files === 0 || obstacle !== undefined || isClearing}
          onClick={() => setAsking(true)}
        >
          {t('device.weights-clear')}
        </Button>
      </div>
      {files > 0 && obstacle && <p className="text-dim">{t(obstacle)}</p>}
      {isAsking && files > 0 && obstacle === undefined && (
        <div role="alert" className="flex flex-wrap items-center gap-2 text-warn">
          <span className="min-w-48 flex-1">{t('device.weights-ask')}</span>
          <Button look="danger" onClick={() => void clear()}>
            {t('device.weights-delete', { size })}
          </Button>
          <Button
            autoFocus
            onClick={() => {
              setAsking(false);
              clearButton.current?.focus();
            }}
          >
            {t('device.weights-keep')}
          </Button>
        </div>
      )}
    </div>
  );
}
