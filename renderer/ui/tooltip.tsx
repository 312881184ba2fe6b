import { Tooltip as Radix } from 'radix-ui';
import type { ReactElement } from 'react';
import { KeyCaps } from './key-caps.tsx';

interface TooltipProps {
  readonly text: string | undefined;
  readonly keys?: string | undefined;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  readonly children: ReactElement;
}

/** One sentence about a control, after half a second of hovering. The app shell holds the provider. */
export function Tooltip({ text, keys, side = 'bottom', children }: TooltipProps) {
  if (!text) return children;
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-72 items-center gap-2 rounded-control border border-line bg-raised px-2 py-1 text-label text-text shadow-raised"
        >
          <span>{text}</span>
          {keys && <KeyCaps keys={keys} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const TooltipProvider = Radix.Provider;
