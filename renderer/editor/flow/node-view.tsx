import { memo } from 'react';
import type { NodeProps } from 'reactflow';
import { instanceDefinition, isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { enterInstance } from '../commands/subgraph-commands.ts';
import type { FlowNode } from './adapters.ts';
import { CollapsedSockets } from './collapsed-sockets.tsx';
import { NodeBody } from './node-body.tsx';
import { NodeFooter } from './node-footer.tsx';
import { NodeHeader } from './node-header.tsx';
import { groupInk } from './node-rows.ts';
import { PlaceholderBody } from './placeholder-body.tsx';
import { PortsBody } from './ports-body.tsx';
import { useGraph } from './tab-context.ts';
import { useIsBlamed, useNodeRun } from './use-runtime.ts';

/** A node as it is drawn. Reads its part of the document by id and renders again only when that changes. */
export const NodeView = memo(function NodeView({ data: { id }, selected }: NodeProps<FlowNode>) {
  const catalogue = useCatalogue();
  const node = useGraph((document) => document.nodes[id]);
  const isInstance = useGraph((graph) => {
    const own = graph.nodes[id];
    return own !== undefined && instanceDefinition(graph, own) !== undefined;
  });
  const state = useNodeRun(id)?.state;
  const blamed = useIsBlamed(id);
  if (!node) return null;
  const declaration = catalogue.get(node.type);
  const ink = node.color ?? (declaration ? groupInk[declaration.group] : 'var(--k-faint)');
  return (
    <article
      className="node"
      data-node={id}
      data-type={node.type}
      data-selected={selected || undefined}
      data-mode={node.mode}
      data-run={state}
      data-blamed={blamed || undefined}
      data-tinted={node.color !== undefined || undefined}
      data-placeholder={declaration ? undefined : true}
      style={{ '--group': ink } as React.CSSProperties}
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
      <NodeHeader id={id} node={node} declaration={declaration} />
      {node.collapsed ? (
        <CollapsedSockets id={id} declaration={declaration} />
      ) : declaration && isPortNode(id) ? (
        <PortsBody id={id} declaration={declaration} />
      ) : declaration ? (
        <>
          <NodeBody id={id} node={node} declaration={declaration} />
          <NodeFooter id={id} title={node.title ?? declaration.title} />
        </>
      ) : (
        <PlaceholderBody id={id} node={node} />
      )}
    </article>
  );
});
