import { Command } from 'cmdk';
import { Check, ChevronsUpDown } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useText } from '../../i18n/index.ts';
import { cn } from '../../ui/class-names.ts';
import { Popover } from '../../ui/popover.tsx';

export interface ComboOption {
  readonly value: string;
  readonly title?: string;
  readonly hint?: string | undefined;
  readonly picture?: ReactNode;
}

interface ComboProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly ComboOption[];
  readonly onChange: (value: string) => void;
  readonly onOpen?: () => void;
  /** Shown instead of options when there are none. */
  readonly empty?: string;
  readonly bad?: boolean;
  readonly footer?: ReactNode;
}

const SEARCH_FROM = 7;

/** One of many, found by typing. */
export function Combo({ label, value, options, onChange, onOpen, empty, bad = false, footer }: ComboProps) {
  const t = useText();
  const [open, setOpen] = useState(false);
  const chosen = options.find((option) => option.value === value);
  return (
    <Popover
      label={label}
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next) onOpen?.();
      }}
      className="w-(--radix-popover-trigger-width) min-w-52"
      trigger={
        <button
          type="button"
          role="combobox"
          aria-expanded={open}
          aria-label={`${label}: ${value}`}
          className={cn('control combo', bad && 'text-bad')}
        >
          <span className="truncate">{chosen?.title ?? (value || t('widget.no-file'))}</span>
          <ChevronsUpDown size={12} />
        </button>
      }
    >
      <Command className="combo-list" loop defaultValue={value}>
        <Command.Input
          autoFocus
          className={cn('search-input', options.length < SEARCH_FROM && 'sr-only')}
          placeholder={t('widget.search')}
          aria-label={t('widget.search')}
        />
        <Command.List className="max-h-64 overflow-y-auto p-1">
          <Command.Empty className="px-2 py-3 text-dim">
            {options.length === 0 ? empty : t('widget.nothing-found')}
          </Command.Empty>
          {options.map((option) => (
            <Command.Item
              key={option.value}
              value={option.value}
              className="option-row"
              onSelect={() => {
                setOpen(false);
                onChange(option.value);
              }}
            >
              {option.picture ?? (
                <Check size={13} className={cn('text-accent', option.value !== value && 'invisible')} />
              )}
              <span className="min-w-0">
                <span className="block truncate">{option.title ?? option.value}</span>
                {option.hint && <span className="block text-label text-faint">{option.hint}</span>}
              </span>
            </Command.Item>
          ))}
        </Command.List>
        {footer}
      </Command>
    </Popover>
  );
}
