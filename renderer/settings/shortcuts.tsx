import { Keyboard } from 'lucide-react';
import { commands } from '../editor/commands/index.ts';
import { ShortcutList } from '../overlays/shortcuts.tsx';
import type { Section, SettingProps } from './setting.ts';

const Keys = ({ query }: SettingProps) => <ShortcutList query={query} />;

export const shortcuts: Section = {
  id: 'shortcuts',
  icon: Keyboard,
  settings: [
    {
      id: 'keys',
      title: 'shortcuts.title',
      shape: 'block',
      control: Keys,
      words: (t) => commands.map(({ id }) => t(`cmd.${id}`)),
    },
  ],
};
