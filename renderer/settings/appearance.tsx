import { Palette } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { languages } from '../i18n/define-messages.ts';
import { type Language, setLanguage, useLanguage, useText } from '../i18n/index.ts';
import { type Density, setUi, type ThemeChoice, useUi } from '../state/ui-store.ts';
import { Segmented } from '../ui/segmented.tsx';
import type { Section } from './setting.ts';

const themes: readonly ThemeChoice[] = ['dark', 'light', 'system'];
const densities: readonly Density[] = ['comfortable', 'compact'];

function Theme() {
  const t = useText();
  return (
    <Segmented
      label={t('settings.theme')}
      value={useUi(({ theme }) => theme)}
      options={themes.map((value) => ({ value, title: t(`settings.theme.${value}`) }))}
      onChange={(theme) => setUi({ theme })}
    />
  );
}

function DensityChoice() {
  const t = useText();
  return (
    <Segmented
      label={t('settings.density')}
      value={useUi(({ density }) => density)}
      options={densities.map((value) => ({ value, title: t(`settings.density.${value}`) }))}
      onChange={(density) => setUi({ density })}
    />
  );
}

function LanguageChoice() {
  const t = useText();
  return (
    <Segmented<Language>
      label={t('settings.language')}
      value={useLanguage()}
      options={[
        { value: 'en', title: languages.en },
        { value: 'zh', title: languages.zh },
      ]}
      onChange={setLanguage}
    />
  );
}

const lessMotion = () => matchMedia('(prefers-reduced-motion: reduce)');

function onMotion(listener: () => void) {
  const query = lessMotion();
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

function Motion() {
  const t = useText();
  const isReduced = useSyncExternalStore(onMotion, () => lessMotion().matches);
  return <p className="text-dim">{t(isReduced ? 'settings.motion-reduced' : 'settings.motion-full')}</p>;
}

export const appearance: Section = {
  id: 'appearance',
  icon: Palette,
  settings: [
    { id: 'theme', title: 'settings.theme', shape: 'row', control: Theme },
    {
      id: 'density',
      title: 'settings.density',
      hint: 'settings.density-hint',
      shape: 'row',
      control: DensityChoice,
    },
    {
      id: 'language',
      title: 'settings.language',
      shape: 'row',
      control: LanguageChoice,
      words: () => Object.values(languages),
    },
    { id: 'motion', title: 'settings.motion', shape: 'block', control: Motion },
  ],
};
