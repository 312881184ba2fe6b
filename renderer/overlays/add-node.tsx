import { Command } from 'cmdk';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type NodeDeclaration, nodeGroups } from '../../nodes/core/node.ts';
import { canvas, NODE_WIDTH, type Point } from '../editor/canvas-handle.ts';
import { addNode, connect, firstFit, withNode } from '../editor/edits/nodes.ts';
import { groupInk } from '../editor/flow/node-rows.ts';
import { matching } from '../editor/search-nodes.ts';
import { text, useText } from '../i18n/index.ts';
import { useNodeText } from '../i18n/node-text.ts';
import { catalogue, useAddable } from '../state/catalogue-store.ts';
import { itemKey } from '../state/item-key.ts';
import { closeOverlay, type LooseWire } from '../state/overlay-store.ts';
import { activeTab } from '../state/workspace.ts';

interface AddNodeProps {
  readonly at: Point;
  /** Only nodes that fit this wire are listed, and the chosen one is joined to it. */
  readonly wire: LooseWire | undefined;
}

const SIZE = { width: 300, height: 380 };
/** Where a dropped wire meets the node: a little inside its first row. */
const WIRE_OFFSET = { x: 12, y: 46 };

/** Search for a node to add where the canvas was double-clicked or a wire was dropped. */
export function AddNode({ at, wire }: AddNodeProps) {
  const t = useText();
  const names = useNodeText();
  const all = useAddable();
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<string | undefined>();
  const list = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const fitting = useMemo(() => all.filter((node) => !wire || fits(node, wire)), [all, wire]);
  const found = useMemo(() => matching(fitting, query, names), [fitting, query, names]);
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) closeOverlay();
    };
    window.addEventListener('pointerdown', outside, true);
    return () => {
      window.removeEventListener('pointerdown', outside, true);
      canvas()?.focus();
    };
  }, []);

  const choose = (declaration: NodeDeclaration) => {
    closeOverlay();
    const view = canvas();
    if (view) place(declaration, view.toDocument(at), wire);
  };
  const grouped =
    query === ''
      ? nodeGroups.map((group) => [group, found.filter((node) => node.group === group)] as const)
      : [['', found] as const];
  const left = Math.min(at.x, innerWidth - SIZE.width - 12);
  const top = Math.max(12, Math.min(at.y, innerHeight - SIZE.height - 12));
  return (
    <div
      ref={box}
      role="dialog"
      aria-label={t('search.placeholder')}
      className="fixed z-40 overflow-hidden rounded-node border border-line bg-raised shadow-raised"
      style={{ left, top, width: SIZE.width }}
    >
      <Command
        shouldFilter={false}
        loop
        value={chosen ?? found[0]?.type ?? ''}
        onValueChange={setChosen}
        onKeyDown={(event) => event.key === 'Escape' && closeOverlay()}
      >
        <Command.Input
          autoFocus
          value={query}
          onValueChange={(text) => {
            setQuery(text);
            // The best match is meant until the arrow keys say otherwise.
            setChosen(undefined);
            list.current?.scrollTo(0, 0);
          }}
          className="search-input"
          placeholder={t(wire ? 'search.fitting' : 'search.placeholder')}
          aria-label={t(wire ? 'search.fitting' : 'search.placeholder')}
        />
        <Command.List ref={list} className="overflow-y-auto p-1" style={{ maxHeight: SIZE.height - 36 }}>
          {found.length === 0 && (
            <p className="px-2 py-3 text-dim">
              {t(wire && query === '' ? 'search.none-fits' : 'search.none')}
            </p>
          )}
          {grouped.map(([group, members]) =>
            members.length === 0 ? null : (
              <Command.Group key={group} heading={group === '' ? undefined : names.group(group)}>
                {members.map((node) => (
                  <Command.Item
                    key={node.type}
                    value={node.type}
                    className="option-row"
                    onSelect={() => choose(node)}
                  >
                    <i
                      className="h-4 w-[3px] shrink-0 rounded-sm"
                      style={{ background: groupInk[node.group] }}
                    />
                    <span className="min-w-0">
                      <span className="block truncate">{names.title(node)}</span>
                      {query !== '' && (
                        <span className="block truncate text-label text-faint">{names.doc(node)}</span>
                      )}
                    </span>
                    <span className="ml-auto shrink-0 text-label text-faint">
                      {query !== '' && names.group(node.group)}
                    </span>
                  </Command.Item>
                ))}
              </Command.Group>
            ),
          )}
        </Command.List>
      </Command>
    </div>
  );
}

const PROBE = 'kronode-probe';

/** Could a node of this kind end the wire? */
function fits(node: NodeDeclaration, { end, side }: LooseWire): boolean {
  const probed = withNode(activeTab().store.graph, PROBE, node);
  return firstFit(probed, catalogue(), end, side, PROBE) !== undefined;
}

/** Adds a node at a place, and joins it to the wire that asked for it, as one step. */
export function place(declaration: NodeDeclaration, at: Point, wire: LooseWire | undefined): void {
  const { store } = activeTab();
  const offset = wire
    ? { x: wire.side === 'output' ? WIRE_OFFSET.x : NODE_WIDTH - WIRE_OFFSET.x, y: WIRE_OFFSET.y }
    : { x: 0, y: 0 };
  const probed = withNode(store.graph, PROBE, declaration);
  const fit = wire && firstFit(probed, catalogue(), wire.end, wire.side, PROBE);
  let id = '';
  store.edit(
    text('cmd.node.add').replace('…', ''),
    (draft) => {
      id = addNode(draft, declaration, { x: at.x - offset.x, y: at.y - offset.y });
      const named = (end: readonly [string, string]): [string, string] => [
        end[0] === PROBE ? id : end[0],
        end[1],
      ];
      if (fit) connect(draft, named(fit.from), named(fit.to));
    },
    { select: () => [itemKey('node', id)] },
  );
}
