import { FolderPlus, Package, RefreshCw } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ModelCard as Card } from '../../nodes/protocol/contract.ts';
import { Combo } from '../editor/widgets/combo.tsx';
import { useText } from '../i18n/index.ts';
import { fileUses } from '../models/document-files.ts';
import { ModelCard } from '../models/model-card.tsx';
import { loadModels, useModels } from '../models/model-list.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { showOverlay } from '../state/overlay-store.ts';
import { useActiveDocument } from '../state/workspace.ts';
import { IconButton } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import type { Panel } from './panel.ts';

const filters = ['all', 'model', 'text-encoder', 'vae', 'adapter', 'unusable'] as const;
type Filter = (typeof filters)[number];

/** Parts of a whole model are listed where somebody looks for them. */
const isShown = ({ kinds, within }: Card, filter: Filter): boolean =>
  filter === 'all'
    ? within === undefined
    : filter === 'unusable'
      ? kinds.length === 0
      : kinds.includes(filter);

/** Every model file below the folders, each with what it is and what it needs. */
function ModelsPanel() {
  const t = useText();
  const { cards, isLoading } = useModels();
  const catalogue = useCatalogue();
  const graph = useActiveDocument((state) => state.graph);
  const [query, setQuery] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const users = useMemo(() => {
    const byName = new Map<string, string[]>();
    for (const { definition, node, name } of fileUses(graph, catalogue))
      if (definition === undefined) byName.set(name, [...new Set([...(byName.get(name) ?? []), node])]);
    return byName;
  }, [graph, catalogue]);
  const found = cards?.filter(
    (card) => isShown(card, filter) && card.name.toLowerCase().includes(query.trim().toLowerCase()),
  );
  return (
    <div className="flex min-h-full flex-col gap-2 p-2">
      <div className="flex gap-1">
        <TextField
          value={query}
          placeholder={t('models.search')}
          aria-label={t('models.search')}
          onChange={(event) => setQuery(event.target.value)}
        />
        <IconButton label={t('models.refresh')} disabled={isLoading} onClick={() => void loadModels()}>
          <RefreshCw />
        </IconButton>
        <IconButton
          label={t('models.folders')}
          onClick={() => showOverlay({ kind: 'settings', section: 'folders' })}
        >
          <FolderPlus />
        </IconButton>
      </div>
      <Combo
        label={t('models.kind')}
        value={filter}
        options={filters.map((value) => ({ value, title: t(`models.${value}`) }))}
        onChange={(value) => setFilter(filters.find((known) => known === value) ?? 'all')}
      />
      {!found && <p className="p-2 text-dim">{t('models.loading')}</p>}
      {found && (
        <ul aria-label={t('models.list')} className="flex flex-col gap-1.5">
          {found.map((card) => (
            <ModelCard key={card.name} card={card} users={users.get(card.name) ?? []} />
          ))}
        </ul>
      )}
      {found?.length === 0 && <p className="p-2 text-dim">{t('models.none')}</p>}
      <p className="mt-auto p-2 text-label text-dim">{t('models.drop-hint')}</p>
    </div>
  );
}

export const modelsPanel: Panel = {
  id: 'models',
  side: 'left',
  title: 'panel.models',
  icon: Package,
  command: 'view.models',
  content: ModelsPanel,
};
