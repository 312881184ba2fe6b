import { Switch } from 'radix-ui';
import type { BooleanWidget } from '../../../nodes/core/inputs.ts';
import { useText } from '../../i18n/index.ts';
import type { WidgetProps } from './widget-props.ts';

interface ToggleProps extends WidgetProps<BooleanWidget> {
  /** Without the word beside it. */
  readonly bare?: boolean;
}

/** Yes or no. */
export function Toggle({ value, set, label, bare = false }: ToggleProps) {
  const t = useText();
  return (
    <span className="flex items-center gap-2">
      <Switch.Root
        className="toggle"
        aria-label={label}
        checked={value === true}
        onCheckedChange={(on) => set(on)}
      >
        <Switch.Thumb className="toggle-thumb" />
      </Switch.Root>
      {!bare && <span className="text-faint">{t(value === true ? 'widget.yes' : 'widget.no')}</span>}
    </span>
  );
}
