import type { ComponentProps } from 'react';
import { cn } from './class-names.ts';

/** A line of text. */
export function TextField({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      type="text"
      spellCheck={false}
      autoComplete="off"
      className={cn(
        'h-7 w-full min-w-0 rounded-control border border-line bg-control px-2 text-body text-text select-text hover:border-line-strong',
        className,
      )}
      {...rest}
    />
  );
}
