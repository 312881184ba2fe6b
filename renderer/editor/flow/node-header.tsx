import { ChevronDown, ChevronRight, Ellipsis, Lock, SquareArrowOutUpRight } from 'lucide-react';
import type { NodeDeclaration } from '../../../nodes/core/node.ts';
import type { DocumentNode } from '../../../nodes/document/schema.ts';
import { instanceDefinition, isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { useText } from '../../i18n/index.ts';
import { useNodeText } from '../../i18n/node-text.ts';
import { itemKey } from '../../state/item-key.ts';
import { closeOverlay, showOverlay, useIsRenaming } from '../../state/overlay-store.ts';
import { Menu } from '../../ui/menu.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { enterInstance } from '../commands/subgraph-commands.ts';
import { NameField } from '../name-field.tsx';
import { nodeMenu, selectFor } from './menus.tsx';
import { useGraph, useTab } from './tab-context.ts';
import { useNodeRun, useRunMark } from './use-runtime.ts';

export interface NodeHeaderProps {
  readonly id: string;
  readonly node: DocumentNode;
  readonly declaration: NodeDeclaration | undefined;
}

/** Shorter times say nothing. */
const WORTH_TELLING = 1;

const seconds = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;

const useTitle = (node: DocumentNode, declaration: NodeDeclaration | undefined): string => {
  const names = useNodeText();
  return node.title ?? (declaration ? names.title(declaration) : node.type);
};

/** The title alone, of a node too far away for more. */
export function ShellHeader({ id, node, declaration }: NodeHeaderProps) {
  return (
    <header className="node-header">
      <Title id={id} title={useTitle(node, declaration)} />
    </header>
  );
}

/** Title, how long it took or whether it is known already, and the menu. */
export function NodeHeader({ id, node, declaration }: NodeHeaderProps) {
  const t = useText();
  const tab = useTab();
  const renaming = useIsRenaming(itemKey('node', id));
  const title = useTitle(node, declaration);
  const isInstance = useGraph((graph) => instanceDefinition(graph, node) !== undefined);
  const Caret = node.collapsed ? ChevronRight : ChevronDown;
  const collapse = () =>
    tab.store.edit(t('cmd.node.collapse'), ({ nodes }) => {
      const draft = nodes[id];
      if (draft?.collapsed) delete draft.collapsed;
      else if (draft) draft.collapsed = true;
    });
  return (
    <header className="node-header node-handle">
      <button
        type="button"
        className="node-caret nodrag"
        aria-label={t('node.fold')}
        aria-expanded={!node.collapsed}
        onClick={collapse}
      >
        <Caret size={14} />
      </button>
      {renaming ? <TitleField id={id} title={title} /> : <Title id={id} title={title} />}
      {node.pinned && (
        <Tooltip text={t('node.pinned')}>
          <Lock size={12} className="shrink-0 text-faint" aria-label={t('node.pinned')} />
        </Tooltip>
      )}
      <RunMark id={id} />
      {isInstance && (
        <button
          type="button"
          className="node-menu nodrag"
          data-shown
          aria-label={t('cmd.subgraph.enter')}
          title={t('cmd.subgraph.enter')}
          onClick={() => enterInstance(id)}
        >
          <SquareArrowOutUpRight size={12} />
        </button>
      )}
      {!isPortNode(id) && (
        <Menu entries={() => nodeMenu(tab, id)} align="end">
          <button
            type="button"
            className="node-menu nodrag"
            aria-label={t('node.menu', { name: title })}
            onPointerDownCapture={() => selectFor(tab, itemKey('node', id))}
            onFocus={() => selectFor(tab, itemKey('node', id))}
          >
            <Ellipsis size={14} />
          </button>
        </Menu>
      )}
    </header>
  );
}

function Title({ id, title }: { readonly id: string; readonly title: string }) {
  const tab = useTab();
  return (
    <h2
      className="node-title"
      title={title}
      onDoubleClick={(event) => {
        event.stopPropagation();
        tab.store.select([itemKey('node', id)]);
        showOverlay({ kind: 'rename', item: itemKey('node', id) });
      }}
    >
      {title}
    </h2>
  );
}

/** Time of the last run, or what a run would do. */
function RunMark({ id }: { readonly id: string }) {
  const t = useText();
  const run = useNodeRun(id);
  const mark = useRunMark(id);
  const cached = mark === 'cached';
  const time =
    run?.state === 'done' &&
    !run.cached &&
    run.milliseconds !== undefined &&
    run.milliseconds >= WORTH_TELLING
      ? seconds(run.milliseconds)
      : undefined;
  if (run?.state === 'running' || (!mark && !time)) return null;
  return (
    <Tooltip text={mark && t(cached ? 'node.cached' : 'node.stale')}>
      <span className="node-mark" data-mark={mark}>
        {time}
        {mark && <span aria-hidden>{cached ? '✓' : '○'}</span>}
      </span>
    </Tooltip>
  );
}

function TitleField({ id, title }: { readonly id: string; readonly title: string }) {
  const t = useText();
  const tab = useTab();
  const rename = (next: string) =>
    tab.store.edit(t('cmd.node.rename'), ({ nodes }) => {
      const node = nodes[id];
      if (!node) return;
      if (next === '') delete node.title;
      else node.title = next;
    });
  return (
    <NameField
      className="node-title-field nodrag"
      label={t('node.title')}
      name={title}
      onName={rename}
      onLeave={closeOverlay}
    />
  );
}
