import { useState } from 'react';
import { type ProviderChoice, providedParts, providerChoices } from '../../nodes/core/providers.ts';
import { Combo } from '../editor/widgets/combo.tsx';
import { useText } from '../i18n/index.ts';
import { configure, useEngineSettings } from './engine-settings.ts';

/** Parts of a model that run elsewhere than the rest, such as a text encoder left to the processor. */
export function PartProviders() {
  const t = useText();
  const settings = useEngineSettings();
  const [problem, setProblem] = useState<string>();
  if (!settings) return <p className="text-dim">{t('settings.waiting')}</p>;
  const { partProviders } = settings;
  const title = (name: ProviderChoice) => (name === 'auto' ? t('device.part-same') : t(`device.${name}`));
  const set = async (part: (typeof providedParts)[number], value: string) => {
    const provider = providerChoices.find((name) => name === value);
    if (provider) setProblem(await configure({ partProviders: { ...partProviders, [part]: provider } }));
  };
  return (
    <div className="flex flex-col gap-2">
      {providedParts.map((part) => (
        <div key={part} className="flex items-center gap-3">
          <span className="w-28 shrink-0 text-dim">{t(`device.part.${part}`)}</span>
          <span className="min-w-0 flex-1">
            <Combo
              label={t(`device.part.${part}`)}
              value={partProviders[part] ?? 'auto'}
              options={providerChoices.map((value) => ({ value, title: title(value) }))}
              onChange={(value) => void set(part, value)}
            />
          </span>
        </div>
      ))}
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}
