import { memo, useDeferredValue } from 'react';
import type { NodeProps } from 'reactflow';
import { instanceDefinition, isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { itemKey } from '../../state/item-key.ts';
import { useIsRenaming } from '../../state/overlay-store.ts';
import { enterInstance } from '../commands/subgraph-commands.ts';
import type { FlowNode } from './adapters.ts';
import { CollapsedSockets } from './collapsed-sockets.tsx';
import { NodeBody } from './node-body.tsx';
import { NodeFooter } from './node-footer.tsx';
import { NodeHeader, type NodeHeaderProps, ShellHeader } from './node-header.tsx';
import { groupInk } from './node-rows.ts';
import type { NodeShape } from './node-shapes.ts';
import { PlaceholderBody } from './placeholder-body.tsx';
import { PortsBody } from './ports-body.tsx';
import { useGraph } from './tab-context.ts';
import { useIsBlamed, useNodeRun } from './use-runtime.ts';

/**
 * A node as it is drawn. Reads its part of the document by id and renders again only when that changes. One with a
 * shell is an empty block of that shape until it comes near or a run has something to say about it.
 */
export const NodeView = memo(function NodeView({ data, selected }: NodeProps<FlowNode>) {
  const { id } = data;
  const catalogue = useCatalogue();
  const node = useGraph((document) => document.nodes[id]);
  const isInstance = useGraph((graph) => {
    const own = graph.nodes[id];
    return own !== undefined && instanceDefinition(graph, own) !== undefined;
  });
  const state = useNodeRun(id)?.state;
  const blamed = useIsBlamed(id);
  const renaming = useIsRenaming(itemKey('node', id));
  // A whole window of nodes may come near at once: they are made while the hand goes on.
  const shell = useDeferredValue(data.shell);
  if (!node) return null;
  const declaration = catalogue.get(node.type);
  const ink = node.color ?? (declaration ? groupInk[declaration.group] : 'var(--k-faint)');
  const isShell = shell && !state && !renaming;
  return (
    <article
      className={isShell ? 'node node-handle' : 'node'}
      data-node={id}
      data-type={node.type}
      data-selected={selected || undefined}
      data-mode={node.mode}
      data-collapsed={node.collapsed}
      data-run={state}
      data-blamed={blamed || undefined}
      data-tinted={node.color !== undefined || undefined}
      data-placeholder={declaration ? undefined : true}
      style={{ '--group': ink, ...(isShell && { height: shell.height }) } as React.CSSProperties}
      aria-label={node.title ?? declaration?.title ?? node.type}
      {...(isInstance && {
        onDoubleClick: (event: React.MouseEvent) => {
          if (
            event.target instanceof Element &&
            !event.target.closest('button, input, textarea, .widget-row')
          )
            enterInstance(id);
        },
      })}
    >
      {isShell ? (
        <>
          <ShellHeader id={id} node={node} declaration={declaration} />
          <ShellSockets shell={shell} />
        </>
      ) : (
        <>
          <NodeHeader id={id} node={node} declaration={declaration} />
          <NodeInside id={id} node={node} declaration={declaration} />
        </>
      )}
    </article>
  );
});

/** Says where wires end: React Flow measures what it finds in a node, whatever it was told before. */
function ShellSockets({ shell: { handles } }: { readonly shell: NodeShape }) {
  return handles.map(({ id, type, position, x, y, width, height }) => (
    <i
      key={`${type} ${id}`}
      className={`shell-socket ${type}`}
      data-handleid={id}
      data-handlepos={position}
      style={{ left: x, top: y, width, height }}
    />
  ));
}

/** Everything below the header. */
function NodeInside({ id, node, declaration }: NodeHeaderProps) {
  if (node.collapsed) return <CollapsedSockets id={id} declaration={declaration} />;
  if (!declaration) return <PlaceholderBody id={id} node={node} />;
  if (isPortNode(id)) return <PortsBody id={id} declaration={declaration} />;
  return (
    <>
      <NodeBody id={id} node={node} declaration={declaration} />
      <NodeFooter id={id} title={node.title ?? declaration.title} />
    </>
  );
}
