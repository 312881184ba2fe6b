import type { ComponentType } from 'react';
import type { MessageKey } from '../i18n/index.ts';

/** Something shown beside the canvas, opened from the rail of its side. */
export interface Panel {
  readonly id: string;
  readonly side: 'left' | 'right';
  readonly title: MessageKey;
  readonly icon: ComponentType<{ readonly size?: number }>;
  /** The command that opens it, for its shortcut in the tooltip. */
  readonly command?: `view.${string}`;
  /** Fills the panel below its title. */
  readonly content: ComponentType;
  /** A number for the icon when something needs attention; a hook. */
  readonly useBadge?: () => number;
}
