import type { DocumentNode } from '../../../nodes/document/schema.ts';
import { text } from '../../i18n/index.ts';
import { type ItemKey, idsOf } from '../../state/item-key.ts';
import { activeTab } from '../../state/workspace.ts';
import type { CommandId } from './command.ts';

/** The document in front. */
export const doc = () => activeTab().store;

export const selectedNodes = (): string[] => idsOf(doc().selection, 'node');
export const hasSelection = (): boolean => doc().selection.size > 0;
export const hasNodes = (): boolean => selectedNodes().length > 0;

/** Selected things that have a place: all but wires. */
export const placedSelection = (): ItemKey[] =>
  [...doc().selection].filter((key) => !key.startsWith('wire:'));

/** What a step of the history is called: the command that made it. */
export const stepLabel = (id: CommandId): string => text(`cmd.${id}`).replace('…', '');

/** Changes every selected node as one step. */
export function editNodes(id: CommandId, change: (node: DocumentNode, id: string) => void): void {
  const ids = selectedNodes();
  doc().edit(stepLabel(id), ({ nodes }) => {
    for (const node of ids) {
      const draft = nodes[node];
      if (draft) change(draft, node);
    }
  });
}

/** Does every selected node have this property? Switching a mixed selection switches all of it on. */
export const allNodes = (test: (node: DocumentNode) => boolean): boolean => {
  const { nodes } = doc().graph;
  const ids = selectedNodes();
  return ids.length > 0 && ids.every((id) => nodes[id] !== undefined && test(nodes[id]));
};
