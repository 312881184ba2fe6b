import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Definition, Document } from '../../nodes/document/schema.ts';
import { graphsIn } from '../../nodes/graph/inside-instance.ts';
import { showItems } from '../editor/show-node.ts';
import { useText } from '../i18n/index.ts';
import { useNodeText } from '../i18n/node-text.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { type ItemKey, itemKey } from '../state/item-key.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { useActiveDocument, useActiveTab } from '../state/workspace.ts';
import { IconButton } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';

/** Something found, and the way to the graph it is in. */
interface Found {
  readonly path: readonly string[];
  readonly key: ItemKey;
}

/** Finds nodes, frames and notes of the document and of its subgraphs, and walks from one to the next. */
export function FindBar() {
  const t = useText();
  const names = useNodeText();
  const catalogue = useCatalogue();
  const tab = useActiveTab();
  const document = useActiveDocument((state) => state.document);
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo((): Found[] => {
    const wanted = query.trim().toLowerCase();
    if (wanted === '') return [];
    const has = (...texts: unknown[]) =>
      texts.some((text) =>
        String(text ?? '')
          .toLowerCase()
          .includes(wanted),
      );
    const keysIn = (graph: Document | Definition): ItemKey[] => [
      ...Object.entries(graph.nodes).flatMap(([id, node]) => {
        const declaration = catalogue.get(node.type);
        const values = Object.values(node.inputs).map((value) =>
          typeof value === 'object' ? JSON.stringify(value) : value,
        );
        return has(node.title, node.type, id, declaration && names.title(declaration), ...values)
          ? [itemKey('node', id)]
          : [];
      }),
      ...Object.entries(graph.frames ?? {}).flatMap(([id, { title }]) =>
        has(title) ? [itemKey('frame', id)] : [],
      ),
      ...Object.entries(graph.notes ?? {}).flatMap(([id, note]) =>
        has(note.text) ? [itemKey('note', id)] : [],
      ),
    ];
    return graphsIn(document).flatMap(({ path, graph }) => keysIn(graph).map((key) => ({ path, key })));
  }, [document, query, catalogue, names]);
  const show = (index: number) => {
    if (found.length === 0) return;
    const next = (index + found.length) % found.length;
    const hit = found[next];
    setAt(next);
    if (hit) showItems(tab, hit.path, [hit.key]);
  };
  return (
    <search className="fixed top-13 right-4 z-30 flex items-center gap-1 rounded-node border border-line bg-raised p-1.5 shadow-raised">
      <TextField
        autoFocus
        className="w-64"
        value={query}
        placeholder={t('find.placeholder')}
        aria-label={t('find.placeholder')}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(-1);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') show(at + (event.shiftKey ? -1 : 1));
          if (event.key === 'Escape') closeOverlay();
        }}
      />
      <span className="min-w-16 px-1 text-center text-label text-faint" role="status">
        {at >= 0 && found.length > 0 ? `${at + 1}/${found.length}` : t('find.count', { count: found.length })}
      </span>
      <IconButton label={t('find.previous')} onClick={() => show(at - 1)}>
        <ChevronUp />
      </IconButton>
      <IconButton label={t('find.next')} onClick={() => show(at + 1)}>
        <ChevronDown />
      </IconButton>
      <IconButton label={t('ui.close')} onClick={closeOverlay}>
        <X />
      </IconButton>
    </search>
  );
}
