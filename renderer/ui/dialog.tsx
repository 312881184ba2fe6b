import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { useText } from '../i18n/index.ts';
import { IconButton } from './button.tsx';
import { cn } from './class-names.ts';

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: string;
  readonly className?: string;
  /** Buttons at the bottom right. */
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** A question or a form that has to be dealt with first. Prefer a panel where one will do. */
export function Dialog({ open, onClose, title, description, className, actions, children }: DialogProps) {
  const t = useText();
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Radix.Content
          className={cn(
            'fixed top-[12vh] left-1/2 z-40 flex max-h-[76vh] w-[min(560px,92vw)] -translate-x-1/2 flex-col rounded-node border border-line bg-raised shadow-raised outline-none',
            className,
          )}
          {...(!description && { 'aria-describedby': undefined })}
        >
          <header className="flex h-11 shrink-0 items-center justify-between border-b border-line pr-2 pl-4">
            <Radix.Title className="font-semibold">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={t('ui.close')}>
                <X />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto">
            {description && (
              <Radix.Description className="px-4 pt-3 text-dim">{description}</Radix.Description>
            )}
            {children}
          </div>
          {actions && <footer className="flex justify-end gap-2 border-t border-line p-3">{actions}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
