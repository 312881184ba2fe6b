import { RadioGroup } from 'radix-ui';
import { useState } from 'react';
import { providerChoices } from '../../nodes/core/providers.ts';
import type { DeviceReport } from '../../nodes/protocol/contract.ts';
import { type MessageKey, type Translate, useText } from '../i18n/index.ts';
import { byteSize } from '../ui/byte-size.ts';
import { providerWords, useDevice } from './device-report.ts';
import { configure, useEngineSettings } from './engine-settings.ts';

/** What the engine says keeps a provider from being used, where it is one of few sentences. */
const problems: Readonly<Record<string, MessageKey>> = {
  'this machine has no GPU': 'device.no-gpu',
  'this machine has no NVIDIA GPU': 'device.no-nvidia',
  'this build of ONNX Runtime does not have it': 'device.not-built',
  'far slower than the CPU here': 'device.slow',
};

/** Why it is not used, by provider: what is plain without trying, and what trying brought. */
function problemsOf({ providers, reason }: DeviceReport, t: Translate): Readonly<Record<string, string>> {
  const [, tried = ''] = /^no GPU could be used \((.*)\)$/.exec(reason) ?? [];
  const told = [
    ...tried.split('; ').map((part) => /^(\w+): (.*)$/.exec(part)?.slice(1) ?? []),
    ...providers.map(({ name, problem }) => [name, problem]),
  ];
  return Object.fromEntries(
    told.flatMap(([name, problem]) => {
      if (!name || !problem) return [];
      const key = problems[problem];
      return [[name, key ? t(key) : problem]];
    }),
  );
}

function reasonWords({ reason }: DeviceReport, t: Translate): string {
  if (reason === 'chosen') return t('device.chosen');
  return t(reason === 'the best that works here' ? 'device.best' : 'device.none');
}

/** Where models run: every provider, with what keeps it from being used, and why it is the one it is. */
export function ProviderChoice() {
  const t = useText();
  const settings = useEngineSettings();
  const answer = useDevice();
  const [problem, setProblem] = useState<string>();
  if (!settings) return <p className="text-dim">{t('settings.waiting')}</p>;
  const report = answer && 'report' in answer ? answer.report : undefined;
  const known = report ? problemsOf(report, t) : {};
  const choose = async (next: string) => {
    const provider = providerChoices.find((name) => name === next);
    if (provider) setProblem(await configure({ provider }));
  };
  return (
    <div className="flex flex-col gap-2">
      <RadioGroup.Root
        aria-label={t('device.provider')}
        value={settings.provider}
        onValueChange={(next) => void choose(next)}
        className="flex flex-col rounded-control border border-line"
      >
        {providerChoices.map((name) => {
          const why = known[name];
          return (
            <RadioGroup.Item
              key={name}
              value={name}
              disabled={why !== undefined && settings.provider !== name}
              className="group flex min-h-8 items-center gap-2.5 border-b border-line px-3 py-1 text-left last:border-b-0 enabled:hover:bg-control-hover"
            >
              <i className="grid size-3.5 shrink-0 place-items-center rounded-full border border-line-strong group-data-[state=checked]:border-accent">
                <RadioGroup.Indicator className="size-2 rounded-full bg-accent" />
              </i>
              <span className="shrink-0 group-disabled:text-dim">{t(`device.${name}`)}</span>
              <span className="ml-auto text-right text-label text-dim">
                {name === 'auto' ? t('device.auto-hint') : why}
              </span>
            </RadioGroup.Item>
          );
        })}
      </RadioGroup.Root>
      {(problem ?? (answer && 'failure' in answer)) && (
        <p role="alert" className="text-bad">
          {problem ?? (answer && 'failure' in answer && t('device.failed', { message: answer.failure }))}
        </p>
      )}
      {report && (
        <p role="status" className="text-dim">
          {t('device.now', {
            provider: providerWords(report.provider, t),
            reason: reasonWords(report, t),
          })}
        </p>
      )}
    </div>
  );
}

/** The processor or card behind the provider. */
export function Adapter() {
  const t = useText();
  const answer = useDevice();
  if (!answer || !('report' in answer)) return <p className="text-dim">{t('settings.waiting')}</p>;
  const { adapter } = answer.report;
  if (!adapter) return <p className="text-dim">{t('device.unknown-adapter')}</p>;
  const { name, memoryBytes } = adapter;
  return (
    <p className="select-text">
      {memoryBytes === undefined ? name : t('device.adapter-memory', { name, memory: byteSize(memoryBytes) })}
    </p>
  );
}
