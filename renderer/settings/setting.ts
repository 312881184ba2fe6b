import type { LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import type { MessageKey, Translate } from '../i18n/index.ts';

/** One thing that can be set. */
export interface Setting {
  readonly id: string;
  readonly title: MessageKey;
  readonly hint?: MessageKey;
  /** `row`: beside its title; `block`: below it, over the whole width. */
  readonly shape: 'row' | 'block';
  readonly control: ComponentType<SettingProps>;
  /** What else it is found by. */
  readonly words?: (t: Translate) => readonly string[];
}

export interface SettingProps {
  /** What the person searches for in the settings; empty where nothing. */
  readonly query: string;
}

export type SectionId = 'appearance' | 'folders' | 'output' | 'device' | 'shortcuts';

export interface Section {
  readonly id: SectionId;
  readonly icon: LucideIcon;
  readonly settings: readonly Setting[];
}
