import type { Catalogue } from '../../nodes/core/catalogue.ts';
import type { Document, Endpoint } from '../../nodes/document/schema.ts';
import { INPUTS_NODE } from '../../nodes/document/subgraph-types.ts';
import { indexDocument } from '../../nodes/graph/document-index.ts';
import { definitionOf } from '../../nodes/graph/lookup.ts';
import { fittingEnds, join, NEW_PORT } from '../editor/edits/join.ts';
import { useText } from '../i18n/index.ts';
import { useNodeText } from '../i18n/node-text.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { activeTab, useActiveDocument } from '../state/workspace.ts';
import { fit } from '../ui/ranked.ts';
import { SearchDialog } from '../ui/search-dialog.tsx';

/** A wire a node has or may have. */
interface PossibleWire {
  readonly id: string;
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** Its id, where it is there already. */
  readonly wire: string | undefined;
}

const wireId = (from: Endpoint, to: Endpoint): string => [...from, ...to].join(' ');

/** Every wire of a node: those it may get, and those it has. */
function wiresOf(graph: Document, catalogue: Catalogue, node: string): PossibleWire[] {
  const { inputs = {}, outputs = {} } = definitionOf(graph, catalogue, node) ?? {};
  const index = indexDocument(graph);
  const there = new Map(
    [...index.incomingOf(node), ...index.outgoingOf(node)].map(({ wire, from, to }) => [
      wireId(from, to),
      { id: wireId(from, to), from, to, wire },
    ]),
  );
  const pair = (from: Endpoint, to: Endpoint) => ({ id: wireId(from, to), from, to, wire: undefined });
  const possible = [
    ...Object.keys(outputs).flatMap((name) =>
      fittingEnds(graph, catalogue, { end: [node, name], side: 'output' }).map((to) =>
        pair([node, name], to),
      ),
    ),
    ...Object.keys(inputs).flatMap((name) =>
      fittingEnds(graph, catalogue, { end: [node, name], side: 'input' }).map((from) =>
        pair(from, [node, name]),
      ),
    ),
  ];
  return [...possible.filter(({ id }) => !there.has(id)), ...there.values()];
}

/** The wires of a node, to draw and to remove by keyboard. */
export function Connect({ node }: { readonly node: string }) {
  const t = useText();
  const names = useNodeText();
  const catalogue = useCatalogue();
  const graph = useActiveDocument((state) => state.graph);
  const endName = ([id, name]: Endpoint): string => {
    if (name === NEW_PORT) return t(id === INPUTS_NODE ? 'subgraph.new-input' : 'subgraph.new-output');
    const held = graph.nodes[id];
    const declaration = catalogue.get(held?.type ?? '');
    const title = held?.title ?? (declaration ? names.title(declaration) : id);
    return `${title} · ${names.field(declaration, name)}`;
  };
  const words = ({ from, to }: PossibleWire) => `${endName(from)} → ${endName(to)}`;
  return (
    <SearchDialog
      title={t('cmd.node.connect')}
      placeholder={t('connect.placeholder')}
      none={t('connect.none')}
      things={wiresOf(graph, catalogue, node)}
      scoreOf={(wire, word) => fit(words(wire), word)}
      groupOf={({ wire }) => t(wire === undefined ? 'wire.connect' : 'wire.remove')}
      row={(wire) => (
        <>
          <span className="min-w-0 truncate">{words(wire)}</span>
          {wire.wire !== undefined && <span className="ml-auto shrink-0 text-dim">{t('wire.remove')}</span>}
        </>
      )}
      onChoose={({ from, to, wire }) => {
        const { store } = activeTab();
        if (wire === undefined) join(store, from, to);
        else store.edit(t('wire.remove'), ({ wires }) => void delete wires[wire]);
      }}
      onClose={closeOverlay}
    />
  );
}
