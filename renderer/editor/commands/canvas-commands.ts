import { newGesture } from '../../state/gesture.ts';
import { showOverlay } from '../../state/overlay-store.ts';
import { setUi, uiStore } from '../../state/ui-store.ts';
import { canvas } from '../canvas-handle.ts';
import { moveTo } from '../edits/arrange.ts';
import { boxesOf } from './boxes.ts';
import type { Command, CommandId } from './command.ts';
import { doc, hasSelection, placedSelection, stepLabel } from './context.ts';

const NUDGE = 10;
/** Nudges of one selection are one step until something else is selected. */
let nudged = { selection: doc().selection, gesture: newGesture('nudge') };

const nudge = (id: CommandId, key: string, x: number, y: number): Command => ({
  id,
  group: 'canvas',
  keys: [key],
  when: () => placedSelection().length > 0,
  run: () => {
    if (nudged.selection !== doc().selection)
      nudged = { selection: doc().selection, gesture: newGesture('nudge') };
    const places = new Map(
      boxesOf(placedSelection()).map((box) => [box.key, { x: box.x + x, y: box.y + y }]),
    );
    doc().edit(stepLabel(id), (draft) => moveTo(draft, places), { merge: nudged.gesture });
    nudged = { ...nudged, selection: doc().selection };
  },
});

export const canvasCommands: readonly Command[] = [
  { id: 'canvas.fit', group: 'canvas', keys: ['.'], run: () => canvas()?.fit() },
  {
    id: 'canvas.fit-selection',
    group: 'canvas',
    keys: ['Z'],
    when: hasSelection,
    run: () => canvas()?.fit(placedSelection()),
  },
  { id: 'canvas.zoom-in', group: 'canvas', keys: ['Alt+='], run: () => canvas()?.zoomBy(1.25) },
  { id: 'canvas.zoom-out', group: 'canvas', keys: ['Alt+-'], run: () => canvas()?.zoomBy(0.8) },
  { id: 'canvas.zoom-reset', group: 'canvas', keys: ['Alt+0'], run: () => canvas()?.zoomTo(1) },
  { id: 'canvas.find', group: 'canvas', keys: ['Mod+F'], run: () => showOverlay({ kind: 'find' }) },
  {
    id: 'canvas.minimap',
    group: 'canvas',
    keys: ['Alt+Shift+M'],
    isOn: () => uiStore.getState().minimap,
    run: () => setUi({ minimap: !uiStore.getState().minimap }),
  },
  {
    id: 'canvas.snap',
    group: 'canvas',
    keys: ['Alt+G'],
    isOn: () => uiStore.getState().snap,
    run: () => setUi({ snap: !uiStore.getState().snap }),
  },
  nudge('canvas.nudge-left', 'ArrowLeft', -NUDGE, 0),
  nudge('canvas.nudge-right', 'ArrowRight', NUDGE, 0),
  nudge('canvas.nudge-up', 'ArrowUp', 0, -NUDGE),
  nudge('canvas.nudge-down', 'ArrowDown', 0, NUDGE),
];
