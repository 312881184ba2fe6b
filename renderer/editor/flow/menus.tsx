import { instanceDefinition, isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { text } from '../../i18n/index.ts';
import { type ItemKey, parseItemKey } from '../../state/item-key.ts';
import type { Tab } from '../../state/workspace.ts';
import type { MenuEntry } from '../../ui/menu.tsx';
import { type CommandId, canRun, command, runCommand } from '../commands/index.ts';
import { bindingsOf } from '../commands/key-bindings.ts';
import { recolour } from '../commands/node-commands.ts';
import { itemColours } from './colours.ts';
import { portMenu, rowMenu } from './port-menus.tsx';

/** A command as an entry of a menu. */
function entryOf(id: CommandId): MenuEntry {
  const found = command(id);
  return {
    id,
    label: text(`cmd.${id}`),
    keys: bindingsOf(id)[0],
    disabled: !canRun(found),
    checked: found.isOn?.() ?? false,
    danger: id === 'edit.delete',
    onSelect: () => runCommand(id),
  };
}

export const entriesOf = (...ids: readonly (CommandId | '-')[]): MenuEntry[] =>
  ids.map((id, i) => (id === '-' ? { kind: 'line', id: `line ${i}` } : entryOf(id)));

const colours = (): MenuEntry => ({
  kind: 'sub',
  id: 'colours',
  label: text('node.colour'),
  entries: [
    ...itemColours.map(
      ({ name, color }): MenuEntry => ({
        id: color,
        label: text(`colour.${name}`),
        icon: <span className="size-3.5 rounded-full" style={{ background: color }} />,
        onSelect: () => recolour(color),
      }),
    ),
    { kind: 'line', id: 'line' },
    { id: 'none', label: text('node.no-colour'), onSelect: () => recolour(undefined) },
  ],
});

const arrange = (): MenuEntry => ({
  kind: 'sub',
  id: 'align',
  label: text('node.align'),
  entries: entriesOf(
    'arrange.left',
    'arrange.center',
    'arrange.right',
    '-',
    'arrange.top',
    'arrange.middle',
    'arrange.bottom',
    '-',
    'arrange.horizontal',
    'arrange.vertical',
  ),
});

const isInstance = ({ store: { graph } }: Tab, id: string): boolean => {
  const node = graph.nodes[id];
  return node !== undefined && instanceDefinition(graph, node) !== undefined;
};

/** Before a menu opens: what it is about becomes the selection, unless it is part of it. */
export function selectFor(tab: Tab, key: ItemKey): void {
  if (!tab.store.selection.has(key)) tab.store.select([key]);
}

/** As {@link selectFor}, for whatever on the canvas was clicked. */
export function selectAt(tab: Tab, target: Element): void {
  const key = target.closest('.react-flow__node, .react-flow__edge')?.getAttribute('data-id');
  if (key) selectFor(tab, key as ItemKey);
}

/** The menu of a node, which is selected. */
export function nodeMenu(tab: Tab, id: string): MenuEntry[] {
  return [
    ...entriesOf(
      'run.to-selection',
      'node.help',
      '-',
      'node.rename',
      'node.collapse',
      'node.mute',
      'node.bypass',
      'node.pin',
    ),
    colours(),
    arrange(),
    ...entriesOf(
      '-',
      'node.frame',
      'subgraph.make',
      ...(isInstance(tab, id) ? (['subgraph.enter', 'subgraph.unpack', 'subgraph.unique'] as const) : []),
      'arrange.layout',
      'node.disconnect',
      'node.reset',
      '-',
      'edit.copy',
      'edit.duplicate',
      'edit.delete',
    ),
  ];
}

/** The menu of the empty canvas. */
const canvasMenu = (): MenuEntry[] =>
  entriesOf(
    'node.add',
    'node.note',
    'edit.paste',
    '-',
    'edit.select-all',
    'canvas.find',
    'arrange.layout',
    '-',
    'canvas.fit',
    'canvas.snap',
    'canvas.minimap',
  );

/** The menu of whatever on the canvas was clicked; it is selected. */
export function menuAt(tab: Tab, target: Element): MenuEntry[] {
  const key = target.closest('.react-flow__node, .react-flow__edge')?.getAttribute('data-id');
  if (!key) return canvasMenu();
  const { kind, id } = parseItemKey(key);
  if (kind === 'node' && isPortNode(id)) return portMenu(tab, id, target);
  if (kind === 'node') return [...rowMenu(tab, id, target), ...nodeMenu(tab, id)];
  if (kind === 'wire') return entriesOf('edit.delete');
  return [
    ...entriesOf('node.rename'),
    colours(),
    arrange(),
    ...entriesOf('-', 'edit.copy', 'edit.duplicate', 'edit.delete'),
  ];
}
