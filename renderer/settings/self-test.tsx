import { useState } from 'react';
import type { SelfTestReport } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { type Translate, useText } from '../i18n/index.ts';
import { Button } from '../ui/button.tsx';
import { cn } from '../ui/class-names.ts';
import { providerWords } from './device-report.ts';

/** Runs one block here and on the processor, and says in words how they compare. */
export function SelfTest() {
  const t = useText();
  const [isRunning, setRunning] = useState(false);
  const [report, setReport] = useState<SelfTestReport>();
  const start = async () => {
    setRunning(true);
    setReport(undefined);
    try {
      setReport(await services().session.engine.call('engine/self-test'));
    } catch (error) {
      tell(error);
    } finally {
      setRunning(false);
    }
  };
  const isGood = report?.verdict === 'right' || report?.verdict === 'rounded';
  return (
    <div className="flex flex-col items-start gap-2">
      <Button disabled={isRunning} onClick={() => void start()}>
        {t(isRunning ? 'device.testing' : 'device.test-start')}
      </Button>
      <div role="status">
        {report && (
          <>
            <p className={cn('select-text', isGood ? 'text-good' : 'text-bad')}>{verdictWords(report, t)}</p>
            {report.milliseconds !== undefined && report.cpuMilliseconds !== undefined && (
              <p className="text-dim">
                {t('device.test-time', {
                  time: milliseconds(report.milliseconds),
                  cpu: milliseconds(report.cpuMilliseconds),
                })}
              </p>
            )}
          </>
        )}
      </div>
    </div>
  );
}

const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

function verdictWords({ provider, verdict, error, message = '' }: SelfTestReport, t: Translate): string {
  const shown = error === undefined ? t('device.test-not-numbers') : error.toExponential(1);
  // The processor is compared with itself, computed another way.
  if (verdict === 'right' && provider === 'cpu') return t('device.test-right-cpu', { error: shown });
  return t(`device.test-${verdict}`, { provider: providerWords(provider, t), error: shown, message });
}
