import { Plus, X } from 'lucide-react';
import { useText } from '../../i18n/index.ts';
import { useTyped } from './use-typed.ts';

interface ListFieldProps {
  readonly label: string;
  readonly items: readonly string[];
  readonly minItems: number;
  readonly maxItems: number;
  /** A typed item in its proper form; undefined when it is none. */
  readonly parse: (text: string) => string | undefined;
  /** The value a new item has. */
  readonly add: () => string;
  readonly onChange: (items: readonly string[]) => void;
}

/** Short values one after another; pasting several, separated by commas or spaces, makes several items. */
export function ListField({ label, items, minItems, maxItems, parse, add, onChange }: ListFieldProps) {
  const t = useText();
  return (
    <div className="list-field">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their place
        <span key={index} className="list-chip">
          <Item
            label={t('widget.item', { name: label, index: index + 1 })}
            value={item}
            onChange={(text) => {
              const typed = text.split(/[\s,;]+/).flatMap((part) => parse(part) ?? []);
              if (typed.length > 0) onChange(items.toSpliced(index, 1, ...typed).slice(0, maxItems));
            }}
          />
          {items.length > minItems && (
            <button
              type="button"
              aria-label={t('widget.remove-item', { index: index + 1 })}
              onClick={() => onChange(items.toSpliced(index, 1))}
            >
              <X size={10} />
            </button>
          )}
        </span>
      ))}
      {items.length < maxItems && (
        <button
          type="button"
          className="list-add"
          aria-label={`${t('widget.add-item')}: ${label}`}
          onClick={() => onChange([...items, add()])}
        >
          <Plus size={12} />
        </button>
      )}
    </div>
  );
}

function Item({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}) {
  const { shown, field } = useTyped(value, onChange);
  return <input aria-label={label} value={shown} size={Math.max(2, shown.length)} {...field} />;
}
