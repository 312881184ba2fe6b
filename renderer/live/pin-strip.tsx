import { Columns2, X } from 'lucide-react';
import { useText } from '../i18n/index.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { comparePin, type Pin, removePin, returnToPin, useMarkedPin, usePins } from './pins.ts';

interface PinStripProps {
  readonly tab: string;
  /** As runs name it. */
  readonly node: string;
  readonly title: string;
}

/** Pictures put aside, below the one that is shown: a click goes back to the values of one. */
export function PinStrip({ tab, node, title }: PinStripProps) {
  const t = useText();
  const pins = usePins(tab, node);
  if (pins.length === 0) return null;
  return (
    <ul className="pin-strip nodrag nopan nowheel" aria-label={t('pins.list', { name: title })}>
      {pins.map((pin) => (
        <PinItem key={pin.id} pin={pin} />
      ))}
    </ul>
  );
}

function PinItem({ pin }: { readonly pin: Pin }) {
  const t = useText();
  const marked = useMarkedPin();
  const { id, url, label } = pin;
  const isMarked = marked === id;
  return (
    <li className="pin" data-marked={isMarked || undefined}>
      <button
        type="button"
        className="pin-picture"
        aria-label={t('pins.return', { label })}
        onClick={() => returnToPin(pin)}
        onKeyDown={(event) => {
          if (event.key === 'Delete' || event.key === 'Backspace') removePin(id);
          else if (event.key === 'c') comparePin(pin);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        <img src={url} alt="" draggable={false} />
        <span>{label}</span>
      </button>
      <span className="pin-actions">
        <Tooltip text={t(marked === undefined || isMarked ? 'pins.compare-hint' : 'pins.compare-with')}>
          <button
            type="button"
            aria-label={t('pins.compare', { label })}
            aria-pressed={isMarked}
            onClick={() => comparePin(pin)}
          >
            <Columns2 size={11} />
          </button>
        </Tooltip>
        <button type="button" aria-label={t('pins.remove', { label })} onClick={() => removePin(id)}>
          <X size={11} />
        </button>
      </span>
    </li>
  );
}
