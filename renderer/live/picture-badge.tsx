import { useText } from '../i18n/index.ts';
import { useNodeText } from '../i18n/node-text.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { useTabRuntime } from '../state/runtime-store.ts';
import type { Tab } from '../state/workspace.ts';
import { findNumber } from './live-numbers.ts';
import { useHeld } from './live-store.ts';

interface PictureBadgeProps {
  readonly tab: Tab;
  /** As runs name it. */
  readonly node: string;
  /** Whether the node is there to save pictures. */
  readonly saves: boolean;
}

/** What must be known of the picture at a node: that it is the one before, or that it is not saved. */
export function PictureBadge({ tab, node, saves }: PictureBadgeProps) {
  const t = useText();
  const names = useNodeText();
  const catalogue = useCatalogue();
  const held = useHeld(tab.id);
  const unsaved = useTabRuntime(tab.id, ({ pictures }) => {
    const last = pictures[node]?.at(-1);
    return saves && last !== undefined && last.file === undefined;
  });
  if (held) {
    const { document } = tab.store;
    const graph = held.definition === undefined ? document : document.definitions?.[held.definition];
    const type = graph?.nodes[held.node]?.type;
    const name = names.field(
      type === undefined ? undefined : catalogue.get(type),
      held.row?.field ?? held.input,
    );
    if (findNumber(document, catalogue, held))
      return (
        <span className="picture-badge" data-before>
          {t('live.before', { name })}
        </span>
      );
  }
  if (!unsaved) return null;
  return (
    <span className="picture-badge" title={t('live.unsaved-hint')}>
      {t('live.unsaved')}
    </span>
  );
}
