import { text } from '../../i18n/index.ts';
import { catalogue } from '../../state/catalogue-store.ts';
import { itemKey } from '../../state/item-key.ts';
import { newId } from '../../state/new-id.ts';
import { showOverlay } from '../../state/overlay-store.ts';
import { placedThing } from '../../state/placed-thing.ts';
import { setUi } from '../../state/ui-store.ts';
import { canvas, GUESSED_SIZE } from '../canvas-handle.ts';
import { addNode } from '../edits/nodes.ts';
import { boxesOf } from './boxes.ts';
import type { Command } from './command.ts';
import { allNodes, doc, editNodes, hasNodes, placedSelection, selectedNodes, stepLabel } from './context.ts';

const FRAME_MARGIN = 24;
const FRAME_HEADER = 36;
const NOTE_SIZE = [280, 160] as const;

function switchMode(id: 'node.mute' | 'node.bypass', mode: 'mute' | 'bypass'): void {
  const on = !allNodes((node) => node.mode === mode);
  editNodes(id, (node) => {
    if (on) node.mode = mode;
    else delete node.mode;
  });
}

function switchFlag(id: 'node.pin' | 'node.collapse', flag: 'pinned' | 'collapsed'): void {
  const on = !allNodes((node) => node[flag] === true);
  editNodes(id, (node) => {
    if (on) node[flag] = true;
    else delete node[flag];
  });
}

/** Puts a frame around the selection. */
function frameSelection(): void {
  const boxes = boxesOf(placedSelection());
  const left = Math.min(...boxes.map(({ x }) => x)) - FRAME_MARGIN;
  const top = Math.min(...boxes.map(({ y }) => y)) - FRAME_MARGIN - FRAME_HEADER;
  const right = Math.max(...boxes.map(({ x, width }) => x + width)) + FRAME_MARGIN;
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + FRAME_MARGIN;
  const id = newId('frame', doc().graph.frames);
  doc().edit(
    stepLabel('node.frame'),
    (draft) => {
      draft.frames ??= {};
      draft.frames[id] = { title: text('frame.new'), at: [left, top], size: [right - left, bottom - top] };
    },
    { select: () => [itemKey('frame', id)] },
  );
}

function addNote(): void {
  const view = canvas();
  const at = view ? view.toDocument(view.pointer()) : { x: 0, y: 0 };
  const id = newId('note', doc().graph.notes);
  doc().edit(
    stepLabel('node.note'),
    (draft) => {
      draft.notes ??= {};
      draft.notes[id] = { text: '', at: [Math.round(at.x), Math.round(at.y)], size: [...NOTE_SIZE] };
    },
    { select: () => [itemKey('note', id)] },
  );
}

/** Adds a node of a kind in the middle of what is seen; for lists that are clicked. */
export function addNodeInView(type: string): void {
  const declaration = catalogue().get(type);
  const view = canvas();
  if (!declaration || !view) return;
  const middle = view.toDocument(view.pointer());
  const at = { x: middle.x - GUESSED_SIZE.width / 2, y: middle.y - 20 };
  let id = '';
  doc().edit(
    stepLabel('node.add'),
    (draft) => {
      id = addNode(draft, declaration, at);
    },
    { select: () => [itemKey('node', id)] },
  );
}

/** Colours the selected nodes, frames and notes; undefined takes the colour away. */
export function recolour(color: string | undefined): void {
  const keys = placedSelection();
  doc().edit(text('node.colour'), (draft) => {
    for (const key of keys) {
      const thing = placedThing(draft, key);
      if (!thing) continue;
      if (color) thing.color = color;
      else delete thing.color;
    }
  });
}

export const nodeCommands: readonly Command[] = [
  {
    id: 'node.add',
    group: 'node',
    keys: ['Space'],
    run: () => showOverlay({ kind: 'add-node', at: canvas()?.pointer() ?? { x: 400, y: 300 } }),
  },
  {
    id: 'node.connect',
    group: 'node',
    keys: ['C'],
    when: () => selectedNodes().length === 1,
    run: () => {
      const [node] = selectedNodes();
      if (node !== undefined) showOverlay({ kind: 'connect', node });
    },
  },
  {
    id: 'node.mute',
    group: 'node',
    keys: ['Mod+M'],
    when: hasNodes,
    isOn: () => allNodes(({ mode }) => mode === 'mute'),
    run: () => switchMode('node.mute', 'mute'),
  },
  {
    id: 'node.bypass',
    group: 'node',
    keys: ['Mod+B'],
    when: hasNodes,
    isOn: () => allNodes(({ mode }) => mode === 'bypass'),
    run: () => switchMode('node.bypass', 'bypass'),
  },
  {
    id: 'node.pin',
    group: 'node',
    keys: ['P'],
    when: hasNodes,
    isOn: () => allNodes(({ pinned }) => pinned === true),
    run: () => switchFlag('node.pin', 'pinned'),
  },
  {
    id: 'node.collapse',
    group: 'node',
    keys: ['Alt+C'],
    when: hasNodes,
    isOn: () => allNodes(({ collapsed }) => collapsed === true),
    run: () => switchFlag('node.collapse', 'collapsed'),
  },
  {
    id: 'node.rename',
    group: 'node',
    keys: ['F2'],
    when: () => placedSelection().length === 1,
    run: () => {
      const [item] = placedSelection();
      if (item) showOverlay({ kind: 'rename', item });
    },
  },
  {
    id: 'node.reset',
    group: 'node',
    when: hasNodes,
    run: () =>
      editNodes('node.reset', (node) => {
        node.inputs = {};
      }),
  },
  {
    id: 'node.disconnect',
    group: 'node',
    when: hasNodes,
    run: () => {
      const ids = new Set(selectedNodes());
      doc().edit(stepLabel('node.disconnect'), (draft) => {
        for (const [id, { from, to }] of Object.entries(draft.wires))
          if (ids.has(from[0]) || ids.has(to[0])) delete draft.wires[id];
      });
    },
  },
  { id: 'node.help', group: 'node', keys: ['F1'], when: hasNodes, run: () => setUi({ rightPanel: 'help' }) },
  {
    id: 'node.frame',
    group: 'node',
    keys: ['Mod+G'],
    when: () => placedSelection().length > 0,
    run: frameSelection,
  },
  { id: 'node.note', group: 'node', keys: ['Shift+N'], run: addNote },
];
