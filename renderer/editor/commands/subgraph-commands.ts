import { UserError } from '../../../nodes/core/errors.ts';
import { own } from '../../../nodes/core/own.ts';
import { definitionIdOf, instanceDefinition, isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { titleOf } from '../../../nodes/graph/lookup.ts';
import { text } from '../../i18n/index.ts';
import { catalogue } from '../../state/catalogue-store.ts';
import { type ItemKey, itemKey } from '../../state/item-key.ts';
import { instanceCount, makeUnique, nodeBetween, pack, unpack } from '../edits/subgraphs.ts';
import type { Command } from './command.ts';
import { doc, selectedNodes, stepLabel } from './context.ts';

const packable = (): string[] => selectedNodes().filter((id) => !isPortNode(id));

/** The selected node, where it is one alone and an instance of a subgraph that is there. */
function selectedInstance(): string | undefined {
  const [id, ...others] = selectedNodes();
  const { graph } = doc();
  const node = id === undefined ? undefined : own(graph.nodes, id);
  return node && others.length === 0 && instanceDefinition(graph, node) ? id : undefined;
}

function selectedInstances(): string[] {
  const { graph } = doc();
  return selectedNodes().filter((id) => {
    const node = own(graph.nodes, id);
    return node && instanceDefinition(graph, node);
  });
}

/** Goes into an instance of the graph on the canvas. */
export const enterInstance = (id: string): void => {
  const store = doc();
  store.show([...store.path, id]);
};

/** @throws UserError when a node between the selected ones would close a loop. */
function makeSubgraph(): void {
  const store = doc();
  const { graph } = store;
  const between = nodeBetween(graph, new Set(packable()));
  const node = between === undefined ? undefined : own(graph.nodes, between);
  if (between !== undefined && node) {
    const declaration = catalogue().get(node.type);
    const name = declaration ? titleOf(node, declaration) : between;
    throw new UserError(text('subgraph.between', { name }), { hint: text('subgraph.between-hint') });
  }
  const keys = store.selection;
  let instance: string | undefined;
  store.edit(
    stepLabel('subgraph.make'),
    (draft) => {
      instance = pack(draft, graph, keys, text('subgraph.new'));
    },
    { select: () => (instance === undefined ? [] : [itemKey('node', instance)]) },
  );
}

function unpackSelected(): void {
  const store = doc();
  const mark = store.mark();
  let added: ItemKey[] = [];
  for (const id of selectedInstances())
    store.edit(
      stepLabel('subgraph.unpack'),
      (draft) => {
        added = [...added, ...unpack(draft, store.graph, id)];
      },
      { select: () => added },
    );
  store.squashTo(mark, stepLabel('subgraph.unpack'));
}

function leave(): void {
  const store = doc();
  const instance = store.path.at(-1);
  if (instance !== undefined) store.show(store.path.slice(0, -1), [itemKey('node', instance)]);
}

/** Has the selected instance's definition others? */
function isShared(): boolean {
  const id = selectedInstance();
  const { document, graph } = doc();
  const node = id === undefined ? undefined : own(graph.nodes, id);
  const definition = node && definitionIdOf(node);
  return definition !== undefined && instanceCount(document, definition) > 1;
}

export const subgraphCommands: readonly Command[] = [
  {
    id: 'subgraph.make',
    group: 'subgraph',
    keys: ['Mod+Shift+E'],
    when: () => packable().length > 0,
    run: makeSubgraph,
  },
  {
    id: 'subgraph.enter',
    group: 'subgraph',
    keys: ['Enter'],
    when: () => selectedInstance() !== undefined,
    run: () => {
      const id = selectedInstance();
      if (id !== undefined) enterInstance(id);
    },
  },
  {
    id: 'subgraph.leave',
    group: 'subgraph',
    keys: ['Escape'],
    when: () => doc().path.length > 0,
    run: leave,
  },
  {
    id: 'subgraph.unpack',
    group: 'subgraph',
    keys: ['Mod+Shift+U'],
    when: () => selectedInstances().length > 0,
    run: unpackSelected,
  },
  {
    id: 'subgraph.unique',
    group: 'subgraph',
    when: isShared,
    run: () => {
      const store = doc();
      const id = selectedInstance();
      if (id !== undefined)
        store.edit(stepLabel('subgraph.unique'), (draft) => makeUnique(draft, store.graph, id));
    },
  },
];
