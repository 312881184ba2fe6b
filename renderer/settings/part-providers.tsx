import { useState } from 'react';
import { providerChoices } from '../../nodes/core/providers.ts';
import { Combo } from '../editor/widgets/combo.tsx';
import { useText } from '../i18n/index.ts';
import { configure, useEngineSettings } from './engine-settings.ts';

const parts = ['transformer', 'text-encoder', 'vae'] as const;

/** A provider for each part of a model; none means the one everything runs on. */
export function PartProviders() {
  const t = useText();
  const settings = useEngineSettings();
  const [problem, setProblem] = useState<string>();
  if (!settings) return <p className="text-dim">{t('settings.waiting')}</p>;
  const { partProviders } = settings;
  return (
    <div className="flex flex-col gap-1.5">
      {parts.map((part) => (
        <div key={part} className="grid grid-cols-[8rem_1fr] items-center gap-2">
          <span>{t(`device.part.${part}`)}</span>
          <Combo
            label={t(`device.part.${part}`)}
            value={partProviders[part] ?? 'auto'}
            options={providerChoices.map((value) => ({
              value,
              title: value === 'auto' ? t('device.part-same') : t(`device.${value}`),
            }))}
            onChange={(next) => {
              const choice = providerChoices.find((name) => name === next);
              void configure({ partProviders: { ...partProviders, [part]: choice } }).then(setProblem);
            }}
          />
        </div>
      ))}
      {problem !== undefined && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}
