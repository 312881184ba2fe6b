import { RadioGroup } from 'radix-ui';
import { cn } from './class-names.ts';

interface SegmentedProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly title: string }[];
  readonly onChange: (value: V) => void;
  readonly className?: string;
}

/** One of a few, all of them seen. */
export function Segmented<V extends string>({
  label,
  value,
  options,
  onChange,
  className,
}: SegmentedProps<V>) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={(next) => {
        const option = options.find((known) => known.value === next);
        if (option) onChange(option.value);
      }}
      className={cn('flex w-fit rounded-control border border-line bg-control p-0.5', className)}
    >
      {options.map((option) => (
        <RadioGroup.Item
          key={option.value}
          value={option.value}
          className="h-6 rounded-chip px-2.5 whitespace-nowrap text-dim hover:text-text data-[state=checked]:bg-raised data-[state=checked]:text-text data-[state=checked]:shadow-[0_0_0_1px_var(--k-line-strong)]"
        >
          {option.title}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
