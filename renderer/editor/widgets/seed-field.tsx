import { Dices, History, ListPlus, Lock, MoveDown, MoveUp, Shuffle } from 'lucide-react';
import type { SeedListWidget, SeedWidget } from '../../../nodes/core/inputs.ts';
import { useText } from '../../i18n/index.ts';
import { useTabRuntime } from '../../state/runtime-store.ts';
import {
  randomSeed,
  type SeedPolicy,
  seedPlace,
  seedPolicies,
  setSeedPolicy,
  useSeedPolicy,
} from '../../state/seed-policy.ts';
import { Menu } from '../../ui/menu.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { useTab } from '../flow/tab-context.ts';
import { ListField } from './list-field.tsx';
import { plainDigits } from './number-text.ts';
import { useTyped } from './use-typed.ts';
import type { WidgetProps } from './widget-props.ts';

const icons: Readonly<Record<SeedPolicy, typeof Lock>> = {
  fixed: Lock,
  increment: MoveUp,
  decrement: MoveDown,
  randomize: Shuffle,
};

const MAX_SEED = 2n ** 64n - 1n;

/** A seed as typed, or undefined when it is none. */
function typedSeed(text: string): string | undefined {
  const digits = plainDigits(text);
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return value <= MAX_SEED ? String(value) : undefined;
}

interface OneSeedProps {
  readonly seed: string;
  readonly onSeed: (seed: string) => void;
  readonly label: string;
  readonly node: string;
  readonly name: string;
  readonly onList?: () => void;
}

/** A seed, what becomes of it after a run, and the one the last picture was really made with. */
function OneSeed({ seed, onSeed, label, node, name, onList }: OneSeedProps) {
  const t = useText();
  const tab = useTab();
  const place = seedPlace(tab.store.definition, node);
  const policy = useSeedPolicy(tab.id, place, name);
  const used = useTabRuntime(tab.id, ({ usedSeeds }) => usedSeeds[`${place} ${name}`]);
  const Icon = icons[policy];
  const typing = useTyped(seed, (text) => {
    const next = typedSeed(text);
    if (next !== undefined) onSeed(next);
  });
  return (
    <span className="seed">
      <span className="flex gap-1">
        <input
          className="control min-w-0 flex-1 px-2"
          aria-label={label}
          inputMode="numeric"
          value={typing.shown}
          {...typing.field}
        />
        <Tooltip text={t('seed.shuffle')}>
          <button
            type="button"
            className="control square"
            aria-label={t('seed.shuffle')}
            onClick={() => onSeed(randomSeed())}
          >
            <Dices size={13} />
          </button>
        </Tooltip>
        <Menu
          align="end"
          entries={() => [
            ...seedPolicies.map((id) => ({
              id,
              label: t(`seed.${id}`),
              checked: id === policy,
              onSelect: () => setSeedPolicy(tab.id, place, name, id),
            })),
            ...(onList
              ? [
                  { kind: 'line' as const, id: 'line' },
                  { id: 'list', label: t('seed.list'), icon: <ListPlus />, onSelect: onList },
                ]
              : []),
          ]}
        >
          <button
            type="button"
            className="control square"
            data-on={policy !== 'fixed' || undefined}
            aria-label={`${t('seed.policy')}: ${t(`seed.${policy}`)}`}
            title={`${t('seed.policy')}: ${t(`seed.${policy}`)}`}
          >
            <Icon size={12} />
          </button>
        </Menu>
      </span>
      {used !== undefined && used !== seed && (
        <button
          type="button"
          className="seed-used"
          title={t('seed.use-again')}
          onClick={() => {
            setSeedPolicy(tab.id, place, name, 'fixed');
            onSeed(used);
          }}
        >
          <History size={11} />
          <span className="truncate">{t('seed.used', { seed: used })}</span>
          <b>{t('seed.use-again')}</b>
        </button>
      )}
    </span>
  );
}

export const SeedField = ({ value, set, label, node, name }: WidgetProps<SeedWidget>) => (
  <OneSeed seed={String(value)} onSeed={set} label={label} node={node} name={name} />
);

/** A list of seeds; while it holds one it looks like a single seed. */
export function SeedListField({ widget, value, set, label, node, name }: WidgetProps<SeedListWidget>) {
  const seeds = Array.isArray(value) ? value.map(String) : [String(value)];
  const [first = '0', ...others] = seeds;
  if (others.length === 0)
    return (
      <OneSeed
        seed={first}
        onSeed={(seed) => set([seed])}
        label={label}
        node={node}
        name={name}
        onList={() => set([first, randomSeed()])}
      />
    );
  return (
    <ListField
      label={label}
      items={seeds}
      maxItems={widget.maxItems}
      minItems={1}
      parse={typedSeed}
      add={randomSeed}
      onChange={(items) => set([...items])}
    />
  );
}
