import { ChevronRight, CornerUpLeft } from 'lucide-react';
import { useState } from 'react';
import type { Document } from '../../nodes/document/schema.ts';
import { instanceDefinition } from '../../nodes/document/subgraph-types.ts';
import { definitionAt } from '../../nodes/graph/graph-view.ts';
import { titleOfTab } from '../files/documents.ts';
import { useText } from '../i18n/index.ts';
import { itemKey } from '../state/item-key.ts';
import { useActiveDocument, useActiveTab } from '../state/workspace.ts';
import { runCommand } from './commands/index.ts';
import { NameField } from './name-field.tsx';

/** What the graphs on the way to the one on the canvas are called. */
function titlesOn(document: Document, path: readonly string[]): string[] {
  let graph: Pick<Document, 'nodes'> = document;
  return path.map((id) => {
    const node = graph.nodes[id];
    const definition = node && instanceDefinition(document, node);
    if (definition) graph = definition;
    return node?.title ?? definition?.title ?? id;
  });
}

/** The way from the workflow to the subgraph on the canvas; each step leads back there. */
export function Breadcrumb() {
  const t = useText();
  const tab = useActiveTab();
  const path = useActiveDocument((state) => state.path);
  const document = useActiveDocument((state) => state.document);
  const titles = titlesOn(document, path);
  const go = (length: number) => {
    const left = path[length];
    tab.store.show(path.slice(0, length), left === undefined ? [] : [itemKey('node', left)]);
  };
  return (
    <nav className="breadcrumb" aria-label={t('subgraph.path')}>
      <button
        type="button"
        className="breadcrumb-leave"
        aria-label={t('cmd.subgraph.leave')}
        title={t('cmd.subgraph.leave')}
        onClick={() => runCommand('subgraph.leave')}
      >
        <CornerUpLeft size={13} />
      </button>
      <ol>
        {[titleOfTab(tab), ...titles].map((title, at) => (
          <li key={[...path.slice(0, at), ''].join(' ')}>
            {at > 0 && <ChevronRight size={12} className="shrink-0 text-faint" />}
            {at < path.length ? (
              <button type="button" onClick={() => go(at)}>
                {title}
              </button>
            ) : (
              <SubgraphName />
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** What the subgraph on the canvas is called; a click changes it, for all its instances. */
function SubgraphName() {
  const t = useText();
  const { store } = useActiveTab();
  const [typing, setTyping] = useState(false);
  const id = useActiveDocument(({ document, path }) => definitionAt(document, path));
  const title = useActiveDocument(({ document }) => document.definitions?.[id ?? '']?.title ?? '');
  const rename = (name: string) => {
    if (id === undefined || name === '') return;
    store.editDocument(t('subgraph.rename'), ({ definitions }) => {
      const definition = definitions?.[id];
      if (definition) definition.title = name;
    });
  };
  return typing ? (
    <NameField
      className="breadcrumb-name"
      label={t('subgraph.rename')}
      name={title}
      onName={rename}
      onLeave={() => setTyping(false)}
    />
  ) : (
    <button type="button" aria-current="page" title={t('subgraph.rename')} onClick={() => setTyping(true)}>
      {title}
    </button>
  );
}
