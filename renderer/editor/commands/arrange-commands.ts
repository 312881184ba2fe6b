import { itemKey } from '../../state/item-key.ts';
import { canvas } from '../canvas-handle.ts';
import { type Alignment, aligned, type Direction, distributed, layered, moveTo } from '../edits/arrange.ts';
import { boxesOf } from './boxes.ts';
import type { Command } from './command.ts';
import { doc, placedSelection, selectedNodes, stepLabel } from './context.ts';
import type { Keys } from './keys.ts';

const align = (alignment: Alignment, keys: Keys): Command => ({
  id: `arrange.${alignment}`,
  group: 'arrange',
  keys: [keys],
  when: () => placedSelection().length > 1,
  run: () => {
    const places = aligned(boxesOf(placedSelection()), alignment);
    doc().edit(stepLabel(`arrange.${alignment}`), (draft) => moveTo(draft, places));
  },
});

const distribute = (direction: Direction, keys: Keys): Command => ({
  id: `arrange.${direction}`,
  group: 'arrange',
  keys: [keys],
  when: () => placedSelection().length > 2,
  run: () => {
    const places = distributed(boxesOf(placedSelection()), direction);
    doc().edit(stepLabel(`arrange.${direction}`), (draft) => moveTo(draft, places));
  },
});

/** Lays out the selected nodes, or all when fewer than two are selected. */
async function layOut(): Promise<void> {
  const store = doc();
  const selected = selectedNodes();
  const all = selected.length < 2;
  const ids = all ? Object.keys(store.graph.nodes) : selected;
  const boxes = boxesOf(ids.map((id) => itemKey('node', id)));
  if (boxes.length === 0) return;
  const places = await layered(store.graph, boxes);
  store.edit(stepLabel('arrange.layout'), (draft) => moveTo(draft, places));
  if (all) canvas()?.fit();
}

export const arrangeCommands: readonly Command[] = [
  { id: 'arrange.layout', group: 'arrange', keys: ['Shift+L'], run: layOut },
  align('left', 'Alt+Shift+ArrowLeft'),
  align('center', 'Alt+Shift+C'),
  align('right', 'Alt+Shift+ArrowRight'),
  align('top', 'Alt+Shift+ArrowUp'),
  align('middle', 'Alt+Shift+E'),
  align('bottom', 'Alt+Shift+ArrowDown'),
  distribute('horizontal', 'Alt+Shift+H'),
  distribute('vertical', 'Alt+Shift+V'),
];
