import type { ComponentProps, ReactNode } from 'react';
import { cn } from './class-names.ts';
import { Tooltip } from './tooltip.tsx';

const looks = {
  plain: 'bg-control hover:bg-control-hover text-text border border-line',
  accent: 'bg-accent text-on-accent hover:brightness-110 border border-transparent font-semibold',
  ghost: 'text-dim hover:bg-control-hover hover:text-text border border-transparent',
  danger: 'bg-control hover:bg-control-hover text-bad border border-line',
} as const;

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: keyof typeof looks;
}

/** A button with words on it. */
export function Button({ look = 'plain', className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={cn(
        'inline-flex h-7 items-center justify-center gap-1.5 rounded-control px-3 text-body whitespace-nowrap',
        'disabled:opacity-50 disabled:pointer-events-none',
        looks[look],
        className,
      )}
      {...rest}
    />
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children'> {
  /** Read out by screen readers and shown as tooltip. */
  readonly label: string;
  readonly keys?: string | undefined;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  readonly children: ReactNode;
}

/** A button that is only an icon: always has a label and a tooltip. */
export function IconButton({
  label,
  keys,
  side = 'bottom',
  look = 'ghost',
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label} keys={keys} side={side}>
      <Button
        look={look}
        aria-label={label}
        className={cn('size-7 shrink-0 px-0 [&_svg]:size-4', className)}
        {...rest}
      />
    </Tooltip>
  );
}
