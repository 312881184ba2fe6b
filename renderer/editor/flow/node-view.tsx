import { memo } from 'react';
import type { NodeProps } from 'reactflow';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { useTabRuntime } from '../../state/runtime-store.ts';
import type { FlowNode } from './adapters.ts';
import { CollapsedSockets } from './collapsed-sockets.tsx';
import { NodeBody } from './node-body.tsx';
import { NodeFooter } from './node-footer.tsx';
import { NodeHeader } from './node-header.tsx';
import { groupInk } from './node-rows.ts';
import { PlaceholderBody } from './placeholder-body.tsx';
import { useDocument, useNodeRun, useTab } from './tab-context.ts';

/** A node as it is drawn. Reads its part of the document by id and renders again only when that changes. */
export const NodeView = memo(function NodeView({ data: { id }, selected }: NodeProps<FlowNode>) {
  const catalogue = useCatalogue();
  const node = useDocument(({ document }) => document.nodes[id]);
  const state = useNodeRun(id)?.state;
  const tab = useTab();
  const blamed = useTabRuntime(tab.id, ({ problems }) =>
    problems.some((problem) => problem.node === id && problem.severity === 'error'),
  );
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
    >
      <NodeHeader id={id} node={node} declaration={declaration} />
      {node.collapsed ? (
        <CollapsedSockets id={id} declaration={declaration} />
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
