import { own } from '../../../nodes/core/own.ts';
import type { Endpoint } from '../../../nodes/document/schema.ts';
import { definitionIdOf, INPUTS_NODE, instanceDefinition } from '../../../nodes/document/subgraph-types.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { text } from '../../i18n/index.ts';
import { itemKey } from '../../state/item-key.ts';
import { showOverlay } from '../../state/overlay-store.ts';
import type { Tab } from '../../state/workspace.ts';
import type { MenuEntry } from '../../ui/menu.tsx';
import {
  exposeInput,
  exposeOutput,
  movePort,
  type PortSide,
  portOf,
  removePort,
} from '../edits/subgraph-ports.ts';

const line: MenuEntry = { kind: 'line', id: 'ports' };

/** The input or output whose row was clicked. */
function rowAt(target: Element): { readonly side: PortSide; readonly name: string } | undefined {
  const input = target.closest<HTMLElement>('[data-input], [data-in]');
  const inputName = input?.dataset.input ?? input?.dataset.in;
  if (inputName !== undefined) return { side: 'inputs', name: inputName };
  const output = target.closest<HTMLElement>('[data-out]')?.dataset.out;
  return output === undefined ? undefined : { side: 'outputs', name: output };
}

const removal = (
  { store }: Tab,
  definition: string,
  side: PortSide,
  name: string,
  label: string,
): MenuEntry => ({
  id: 'port.remove',
  label,
  onSelect: () =>
    store.editDocument(text('history.port-removed', { name }), (draft) =>
      removePort(draft, definition, side, name),
    ),
});

/** What may be done with a row of a node: show it on the subgraph around it, or no longer on this one. */
export function rowMenu(tab: Tab, id: string, target: Element): MenuEntry[] {
  const row = rowAt(target);
  if (!row) return [];
  const { store } = tab;
  const { side, name } = row;
  const entries: MenuEntry[] = [];
  const node = own(store.graph.nodes, id);
  const instance = node && instanceDefinition(store.graph, node) ? definitionIdOf(node) : undefined;
  const around = store.definition;
  const definition = around === undefined ? undefined : own(store.document.definitions ?? {}, around);
  if (around !== undefined && definition) {
    const end: Endpoint = [id, name];
    const port = portOf(definition, side, end);
    const isFed = side === 'inputs' && indexDocument(store.graph).incoming(id, name) !== undefined;
    if (port !== undefined) entries.push(removal(tab, around, side, port, text('subgraph.hide')));
    else
      entries.push({
        id: 'port.expose',
        label: text('subgraph.expose'),
        disabled: isFed,
        onSelect: () =>
          store.editDocument(text('history.expose', { name }), (draft) =>
            side === 'inputs' ? exposeInput(draft, around, end) : exposeOutput(draft, around, end),
          ),
      });
  } else if (instance !== undefined) entries.push(removal(tab, instance, side, name, text('subgraph.hide')));
  return entries.length > 0 ? [...entries, line] : [];
}

/** The menu of a port, on the nodes that stand for the ports inside a subgraph. */
export function portMenu({ store }: Tab, id: string, target: Element): MenuEntry[] {
  const name = target.closest<HTMLElement>('[data-port]')?.dataset.port;
  const definition = store.definition;
  if (name === undefined || definition === undefined) return [];
  const side: PortSide = id === INPUTS_NODE ? 'inputs' : 'outputs';
  const ports = own(store.document.definitions ?? {}, definition)?.[side].ports ?? [];
  const at = ports.findIndex((port) => port.name === name);
  const move = (to: number) => () =>
    store.editDocument(text('history.port-moved'), (draft) => movePort(draft, definition, side, name, to));
  return [
    {
      id: 'port.rename',
      label: text('port.rename'),
      keys: 'F2',
      onSelect: () => showOverlay({ kind: 'rename', item: itemKey('node', id), port: name }),
    },
    { id: 'port.up', label: text('port.up'), disabled: at <= 0, onSelect: move(at - 1) },
    { id: 'port.down', label: text('port.down'), disabled: at === ports.length - 1, onSelect: move(at + 1) },
    line,
    {
      id: 'port.remove',
      label: text('port.remove'),
      danger: true,
      onSelect: () =>
        store.editDocument(text('history.port-removed', { name }), (draft) =>
          removePort(draft, definition, side, name),
        ),
    },
  ];
}
