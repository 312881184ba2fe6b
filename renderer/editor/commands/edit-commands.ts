import { UserError } from '../../../nodes/core/errors.ts';
import { own } from '../../../nodes/core/own.ts';
import type { Endpoint } from '../../../nodes/document/schema.ts';
import { definitionOf } from '../../../nodes/graph/lookup.ts';
import { inputType, outputType } from '../../../nodes/graph/types.ts';
import { services } from '../../app/services.ts';
import { tell } from '../../engine-client/run-session.ts';
import { openContent } from '../../files/documents.ts';
import { text } from '../../i18n/index.ts';
import { catalogue } from '../../state/catalogue-store.ts';
import { type ItemKey, itemKey } from '../../state/item-key.ts';
import { canvas } from '../canvas-handle.ts';
import { type Clip, clipOf, cornerOf, pasteClip, readClip, writeClip } from '../edits/clipboard.ts';
import { typesMayFit } from '../edits/join.ts';
import { removeItems } from '../edits/nodes.ts';
import type { Command, CommandId } from './command.ts';
import { doc, hasSelection, stepLabel } from './context.ts';

const DUPLICATE_OFFSET = 30;

function remove(id: CommandId): void {
  const store = doc();
  const { graph, selection } = store;
  store.edit(stepLabel(id), (draft) => removeItems(draft, graph, catalogue(), selection), {
    select: () => [],
  });
}

const clipSelection = (): Clip | undefined => clipOf(doc().graph, doc().selection);

/** Puts a clip under the pointer. */
function paste(clip: Clip, incoming: boolean): void {
  const view = canvas();
  const corner = cornerOf(clip);
  const at = view
    ? view.toDocument(view.pointer())
    : { x: corner.x + DUPLICATE_OFFSET, y: corner.y + DUPLICATE_OFFSET };
  const label = incoming ? 'edit.paste-wired' : 'edit.paste';
  try {
    insert(clip, { x: at.x - corner.x, y: at.y - corner.y }, incoming, label);
  } catch (error) {
    // A subgraph cannot be pasted into itself.
    tell(error);
  }
}

/** Whether what fed a copied node can feed its copy: another document may have another node of that name. */
const feeds =
  ({ nodes }: Clip) =>
  (from: Endpoint, to: Endpoint): boolean => {
    const { graph } = doc();
    const kinds = catalogue();
    const source = definitionOf(graph, kinds, from[0]);
    const node = nodes[to[0]];
    if (!node || (source && !own(source.outputs, from[1]))) return false;
    const copied = { ...graph, nodes: { ...graph.nodes, [to[0]]: node } };
    return typesMayFit(outputType(graph, kinds, from), inputType(copied, kinds, to));
  };

function insert(clip: Clip, offset: { x: number; y: number }, incoming: boolean, label: CommandId): void {
  let added: ItemKey[] = [];
  doc().edit(
    stepLabel(label),
    (draft) => {
      added = pasteClip(draft, clip, { offset, incoming: incoming ? feeds(clip) : () => false });
    },
    { select: () => added },
  );
}

/** A browser may keep a page from the clipboard, except when its own keys are pressed. */
function refused(cause: unknown): never {
  throw new UserError(text('edit.no-clipboard'), { hint: text('edit.no-clipboard-hint'), cause });
}

async function copyToSystem(): Promise<void> {
  const clip = clipSelection();
  if (clip) await navigator.clipboard.writeText(writeClip(clip)).catch(refused);
}

async function pasteFromSystem(incoming: boolean): Promise<void> {
  // A page in a window of its own is not let near the clipboard; its host is asked for workflows only.
  const { desktop } = services();
  pasteText(await (desktop ? desktop.readClip() : navigator.clipboard.readText().catch(refused)), incoming);
}

/** Pastes what was copied from a graph; the text of a whole workflow opens in a tab of its own. */
export function pasteText(text: string, incoming: boolean): void {
  const clip = readClip(text);
  if (clip) paste(clip, incoming);
  else if (text.trimStart().startsWith('{')) openContent(text).catch(tell);
}

export const editCommands: readonly Command[] = [
  {
    id: 'edit.undo',
    group: 'edit',
    keys: ['Mod+Z'],
    when: () => doc().state.getState().past.length > 0,
    run: () => doc().undo(),
  },
  {
    id: 'edit.redo',
    group: 'edit',
    keys: ['Mod+Y', 'Mod+Shift+Z'],
    when: () => doc().state.getState().future.length > 0,
    run: () => doc().redo(),
  },
  {
    id: 'edit.cut',
    group: 'edit',
    keys: ['Mod+X'],
    when: hasSelection,
    run: async () => {
      await copyToSystem();
      remove('edit.cut');
    },
  },
  { id: 'edit.copy', group: 'edit', keys: ['Mod+C'], when: hasSelection, run: copyToSystem },
  { id: 'edit.paste', group: 'edit', keys: ['Mod+V'], run: () => pasteFromSystem(false) },
  { id: 'edit.paste-wired', group: 'edit', keys: ['Mod+Shift+V'], run: () => pasteFromSystem(true) },
  {
    id: 'edit.duplicate',
    group: 'edit',
    keys: ['Mod+D'],
    when: hasSelection,
    run: () => {
      const clip = clipSelection();
      if (clip) insert(clip, { x: DUPLICATE_OFFSET, y: DUPLICATE_OFFSET }, true, 'edit.duplicate');
    },
  },
  {
    id: 'edit.delete',
    group: 'edit',
    keys: ['Delete', 'Backspace'],
    when: hasSelection,
    run: () => remove('edit.delete'),
  },
  {
    id: 'edit.select-all',
    group: 'edit',
    keys: ['Mod+A'],
    run: () => {
      const { nodes, frames = {}, notes = {} } = doc().graph;
      doc().select([
        ...Object.keys(nodes).map((id) => itemKey('node', id)),
        ...Object.keys(frames).map((id) => itemKey('frame', id)),
        ...Object.keys(notes).map((id) => itemKey('note', id)),
      ]);
    },
  },
  { id: 'edit.deselect', group: 'edit', keys: ['Escape'], when: hasSelection, run: () => doc().select([]) },
];

/** The clipboard events of the page: the only way to the system clipboard that asks no permission. */
export function onCopy(event: ClipboardEvent, cut: boolean): void {
  const clip = clipSelection();
  if (!clip || !event.clipboardData) return;
  const json = writeClip(clip);
  event.clipboardData.setData('application/x-kronode+json', json);
  event.clipboardData.setData('text/plain', json);
  event.preventDefault();
  if (cut) remove('edit.cut');
}
