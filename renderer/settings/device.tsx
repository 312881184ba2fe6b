import { Cpu } from 'lucide-react';
import { providerChoices } from '../../nodes/core/providers.ts';
import { ConvertedWeights } from './converted-weights.tsx';
import { CacheMemory, NetworkMemory } from './memory-fields.tsx';
import { PartProviders } from './part-providers.tsx';
import { Adapter, ProviderChoice } from './provider-choice.tsx';
import { Residents } from './residents.tsx';
import { SelfTest } from './self-test.tsx';
import type { Section } from './setting.ts';

export const device: Section = {
  id: 'device',
  icon: Cpu,
  settings: [
    {
      id: 'provider',
      title: 'device.provider',
      hint: 'device.provider-hint',
      shape: 'block',
      control: ProviderChoice,
      words: (t) => [
        t('settings.device'),
        'GPU',
        ...providerChoices.flatMap((name) => [name, t(`device.${name}`)]),
      ],
    },
    {
      id: 'part-providers',
      title: 'device.parts',
      hint: 'device.parts-hint',
      shape: 'block',
      control: PartProviders,
      words: (t) => [t('device.part.transformer'), t('device.part.text-encoder'), t('device.part.vae')],
    },
    {
      id: 'adapter',
      title: 'device.adapter',
      shape: 'block',
      control: Adapter,
      words: (t) => [t('settings.device')],
    },
    {
      id: 'network-memory',
      title: 'device.memory',
      hint: 'device.memory-hint',
      shape: 'block',
      control: NetworkMemory,
      words: () => ['RAM', 'VRAM'],
    },
    {
      id: 'cache-memory',
      title: 'device.cache',
      hint: 'device.cache-hint',
      shape: 'block',
      control: CacheMemory,
      words: () => ['cache'],
    },
    {
      id: 'converted-weights',
      title: 'device.weights',
      hint: 'device.weights-hint',
      shape: 'block',
      control: ConvertedWeights,
      words: () => ['int4', 'int8', 'cache'],
    },
    { id: 'residents', title: 'device.residents', shape: 'block', control: Residents },
    {
      id: 'self-test',
      title: 'device.test',
      hint: 'device.test-hint',
      shape: 'block',
      control: SelfTest,
    },
  ],
};
