import { Ellipsis } from 'lucide-react';
import type { ModelCard as Card } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { canvas } from '../editor/canvas-handle.ts';
import { tell } from '../engine-client/run-session.ts';
import { useEngineText } from '../i18n/engine-text.ts';
import { type Translate, useText } from '../i18n/index.ts';
import { itemKey } from '../state/item-key.ts';
import { activeTab } from '../state/workspace.ts';
import { IconButton } from '../ui/button.tsx';
import { byteSize } from '../ui/byte-size.ts';
import { Menu, type MenuEntry } from '../ui/menu.tsx';
import { shortName } from './short-name.ts';
import { MODEL_CARD_MIME, putToUse } from './use-file.ts';

interface ModelCardProps {
  readonly card: Card;
  /** Nodes of the document in front that name it. */
  readonly users: readonly string[];
}

/** Size, precision, naming and what kind of adapter it is, in a line. */
function facts({ bytes, dtypes, layouts, adapter, kinds, missing }: Card, t: Translate): string {
  const [precision] = dtypes;
  return [
    byteSize(bytes),
    precision?.toLowerCase(),
    layouts[0],
    adapter && [...adapter.families, t('models.modules', { count: adapter.modules })].join(' '),
    adapter && adapter.ranks.length > 0 && t('models.rank', { ranks: adapter.ranks.join(', ') }),
    kinds.includes('model') && missing.length === 0 && t('models.bundle'),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** A model file: what it is, what it needs, where it is used. Enter or a drag puts it to use. */
export function ModelCard({ card, users }: ModelCardProps) {
  const t = useText();
  const { name, kinds, missing, problem } = card;
  const fault = useEngineText().told({ message: problem ?? '', hint: card.hint });
  const isUsable = kinds.length > 0;
  const show = () => {
    const keys = users.map((id) => itemKey('node', id));
    activeTab().store.select(keys);
    canvas()?.fit(keys);
  };
  const entries = (): MenuEntry[] => [
    { id: 'use', label: t('models.use'), disabled: !isUsable, onSelect: () => putToUse(card) },
    {
      id: 'reveal',
      label: t('models.reveal'),
      onSelect: () => void services().session.engine.call('models/reveal', { name }).catch(tell),
    },
  ];
  return (
    <li className="relative rounded-control border border-line bg-control/40 hover:border-line-strong">
      <button
        type="button"
        disabled={!isUsable}
        draggable={isUsable}
        className="flex w-full flex-col gap-0.5 rounded-control py-2 pr-9 pl-3 text-left"
        onClick={() => putToUse(card)}
        onDragStart={(event) => {
          event.dataTransfer.setData(MODEL_CARD_MIME, JSON.stringify(card));
          event.dataTransfer.effectAllowed = 'copy';
        }}
      >
        <span className="max-w-full truncate font-semibold" title={name}>
          {shortName(name)}
        </span>
        <span className="text-label text-dim">
          {isUsable ? kinds.map((kind) => t(`models.${kind}`)).join(t('ui.comma')) : t('models.unusable')}
        </span>
        {isUsable && <span className="text-label break-words text-dim">{facts(card, t)}</span>}
        {problem && <span className="text-label break-words text-bad">{fault.message}</span>}
        {problem && fault.hint && <span className="text-label break-words text-dim">{fault.hint}</span>}
        {missing.map(({ part, fits: [first] }) => (
          <span key={part} className="text-label break-words text-warn">
            {part === 'tokenizer'
              ? t('models.tokenizer')
              : first === undefined
                ? t('models.needs-none', { part: t(`models.part.${part}`) })
                : t('models.needs', { part: t(`models.part.${part}`), name: shortName(first) })}
          </span>
        ))}
      </button>
      {users.length > 0 && (
        <button
          type="button"
          className="-mt-1 mb-1 ml-3 h-6 rounded-chip text-label text-accent"
          onClick={show}
        >
          {t('models.used', { count: users.length })}
        </button>
      )}
      <span className="absolute top-1 right-1 [&_button]:size-6 [&_svg]:size-3.5">
        <Menu align="end" entries={entries}>
          <IconButton label={t('models.more', { name: shortName(name) })}>
            <Ellipsis />
          </IconButton>
        </Menu>
      </span>
    </li>
  );
}
