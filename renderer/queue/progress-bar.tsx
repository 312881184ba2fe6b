import { cn } from '../ui/class-names.ts';

interface ProgressBarProps {
  readonly label: string;
  /** From 0 to 1; undefined while it is not known. */
  readonly share: number | undefined;
  readonly className?: string;
}

/** How far something is. */
export function ProgressBar({ label, share, className }: ProgressBarProps) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(share !== undefined && { 'aria-valuenow': Math.round(share * 100) })}
      className={cn('h-1 overflow-hidden rounded-full bg-line', className)}
    >
      <i
        className={cn(
          'block h-full rounded-full bg-accent',
          share === undefined && 'animate-pulse opacity-50',
        )}
        style={{ width: `${(share ?? 1) * 100}%` }}
      />
    </div>
  );
}
