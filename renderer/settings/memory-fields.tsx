import { useState } from 'react';
import { toast } from 'sonner';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { useText } from '../i18n/index.ts';
import { Button } from '../ui/button.tsx';
import { byteSize } from '../ui/byte-size.ts';
import { TextField } from '../ui/text-field.tsx';
import { loadDevice, useDevice } from './device-report.ts';
import { configure, useEngineSettings } from './engine-settings.ts';

const GIGABYTE = 1e9;
const gigabytes = (bytes: number): string => String(Math.round((bytes / GIGABYTE) * 100) / 100);

interface GigabytesProps {
  readonly label: string;
  readonly bytes: number;
  readonly onChange: (bytes: number) => Promise<unknown>;
}

/** An amount of memory; what is no number is not taken. */
function Gigabytes({ label, bytes, onChange }: GigabytesProps) {
  const t = useText();
  const [typed, setTyped] = useState<string>();
  const commit = () => {
    const value = Number(typed?.replace(',', '.'));
    setTyped(undefined);
    if (typed !== undefined && typed.trim() !== '' && value >= 0 && value <= 1e6)
      void onChange(Math.round(value * GIGABYTE));
  };
  return (
    <span className="flex items-center gap-2 text-dim">
      <TextField
        className="w-20 text-right"
        inputMode="decimal"
        aria-label={label}
        value={typed ?? gigabytes(bytes)}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      {t('device.gigabytes')}
    </span>
  );
}

/** What networks may take, and what they take now. */
export function NetworkMemory() {
  const t = useText();
  const settings = useEngineSettings();
  const answer = useDevice();
  if (!settings) return <p className="text-dim">{t('settings.waiting')}</p>;
  const memory = answer && 'report' in answer ? answer.report.memory : undefined;
  return (
    <div className="flex flex-col gap-2">
      <Gigabytes
        label={t('device.memory')}
        bytes={settings.networkBytes}
        onChange={async (networkBytes) => {
          const problem = await configure({ networkBytes });
          if (problem) tell(new Error(problem));
          await loadDevice();
        }}
      />
      {memory && (
        <>
          <meter
            className="h-1.5 w-full appearance-none [&::-webkit-meter-bar]:h-1.5 [&::-webkit-meter-bar]:rounded-full [&::-webkit-meter-bar]:border-0 [&::-webkit-meter-bar]:bg-line [&::-webkit-meter-bar]:bg-none [&::-webkit-meter-optimum-value]:rounded-full [&::-webkit-meter-optimum-value]:bg-accent [&::-webkit-meter-optimum-value]:bg-none"
            aria-label={t('device.memory')}
            min={0}
            max={memory.budgetBytes}
            value={memory.networkBytes}
          />
          <p className="text-dim">
            {t('device.memory-now', {
              taken: byteSize(memory.networkBytes),
              budget: byteSize(memory.budgetBytes),
              free: byteSize(memory.freeBytes),
              total: byteSize(memory.totalBytes),
            })}
          </p>
        </>
      )}
    </div>
  );
}

/** What results of past runs may take. */
export function CacheMemory() {
  const t = useText();
  const settings = useEngineSettings();
  if (!settings) return <p className="text-dim">{t('settings.waiting')}</p>;
  return (
    <div className="flex items-center gap-3">
      <Gigabytes
        label={t('device.cache')}
        bytes={settings.cacheBytes}
        onChange={async (cacheBytes) => {
          const problem = await configure({ cacheBytes });
          if (problem) tell(new Error(problem));
        }}
      />
      <Button
        onClick={() =>
          void services()
            .session.engine.call('engine/clear-cache')
            .then(() => toast.success(t('device.cleared')), tell)
        }
      >
        {t('device.clear-cache')}
      </Button>
    </div>
  );
}
