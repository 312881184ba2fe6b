import type { FileKind } from '../../nodes/core/inputs.ts';
import type { NodeDeclaration } from '../../nodes/core/node.ts';
import type { ModelCard } from '../../nodes/protocol/contract.ts';
import { canvas, GUESSED_SIZE, type Point } from '../editor/canvas-handle.ts';
import { addNode } from '../editor/edits/nodes.ts';
import { setInput } from '../editor/flow/node-actions.ts';
import { text } from '../i18n/index.ts';
import { catalogue } from '../state/catalogue-store.ts';
import { idsOf, itemKey } from '../state/item-key.ts';
import { activeTab } from '../state/workspace.ts';

/** What a card that is dragged carries to the canvas. */
export const MODEL_CARD_MIME = 'application/x-kronode-model';

/** What has to be known of a file to use it. */
type UsableFile = Pick<ModelCard, 'name' | 'kinds' | 'missing'>;

/** The input of a kind of node that takes a file of a kind; one that must be given comes first. */
function inputFor({ inputs }: NodeDeclaration, kind: FileKind): string | undefined {
  const fitting = Object.entries(inputs).filter(
    ([, input]) => input.kind === 'file' && input.fileKind === kind,
  );
  const needed = fitting.find(([, input]) => input.kind === 'file' && !input.optional);
  return (needed ?? fitting[0])?.[0];
}

/** The kind of node that loads a file where nobody says otherwise. */
const loaders: Readonly<Record<FileKind, string>> = {
  model: 'models.load',
  'text-encoder': 'models.load',
  vae: 'models.load',
  adapter: 'adapters.apply',
  image: 'images.load',
};

/**
 * Values of a loader that uses the card. A model takes its own parts, or the first that fits; those of the
 * model before it may not.
 */
function valuesFor(declaration: NodeDeclaration, kind: FileKind, { name, missing }: UsableFile) {
  const input = inputFor(declaration, kind);
  if (input === undefined) return [];
  const values = [[input, name] as const];
  if (kind !== 'model') return values;
  for (const part of ['text-encoder', 'vae'] as const) {
    const beside = inputFor(declaration, part);
    const [first = ''] = missing.find((needed) => needed.part === part)?.fits ?? [];
    if (beside !== undefined) values.push([beside, first]);
  }
  return values;
}

/** Sets the file on a node that takes one of its kind; false where it takes none. */
function setOn(id: string, card: UsableFile): boolean {
  const { store } = activeTab();
  const declaration = catalogue().get(store.graph.nodes[id]?.type ?? '');
  const kind = declaration && card.kinds.find((candidate) => inputFor(declaration, candidate));
  if (!declaration || !kind) return false;
  store.edit(
    text('models.chosen', { name: card.name }),
    (draft) => {
      for (const [input, value] of valuesFor(declaration, kind, card)) setInput(draft, id, input, value);
    },
    { select: () => [itemKey('node', id)] },
  );
  return true;
}

/**
 * Puts a model file to use: on the node it is dropped on or that is selected, where that takes it,
 * otherwise as a new loader at `at`, or in the middle of what is seen.
 * @param at a place on the document
 */
export function putToUse(
  card: UsableFile,
  { at, node }: { readonly at?: Point; readonly node?: string } = {},
): void {
  const { store } = activeTab();
  const target = node ?? (at ? undefined : idsOf(store.selection, 'node').at(-1));
  if (target !== undefined && setOn(target, card)) return;
  const [kind] = card.kinds;
  const declaration = kind && catalogue().get(loaders[kind]);
  const view = canvas();
  if (!declaration || !view) return;
  const middle = view.toDocument(view.pointer());
  const place = at ?? { x: middle.x - GUESSED_SIZE.width / 2, y: middle.y - 20 };
  let id = '';
  store.edit(
    text('models.chosen', { name: card.name }),
    (draft) => {
      id = addNode(draft, declaration, place);
      for (const [input, value] of valuesFor(declaration, kind, card)) setInput(draft, id, input, value);
    },
    { select: () => [itemKey('node', id)] },
  );
}

/** The card a drag carries, where it carries one. */
export function draggedCard(data: DataTransfer): ModelCard | undefined {
  const json = data.getData(MODEL_CARD_MIME);
  return json === '' ? undefined : (JSON.parse(json) as ModelCard);
}
