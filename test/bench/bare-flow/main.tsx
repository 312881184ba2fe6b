/// <reference types="../../../renderer/css.d.ts" />
import { createRoot } from 'react-dom/client';
import { type Edge, type Node, ReactFlow, useEdgesState, useNodesState } from 'reactflow';
import 'reactflow/dist/style.css';

/** What the page shows: places of nodes, and wires between their numbers. */
export interface Graph {
  readonly places: readonly (readonly [number, number])[];
  readonly wires: readonly (readonly [number, number])[];
}

declare global {
  interface Window {
    show: (graph: Graph) => void;
  }
}

/** React Flow as its documentation starts it: default nodes, default edges, nothing else. */
function Bare({ graph }: { readonly graph: Graph }) {
  const [nodes, , onNodesChange] = useNodesState<Node>(
    graph.places.map(([x, y], i) => ({ id: `${i}`, position: { x, y }, data: { label: `Node ${i}` } })),
  );
  const [edges, , onEdgesChange] = useEdgesState<Edge>(
    graph.wires.map(([from, to], i) => ({ id: `w${i}`, source: `${from}`, target: `${to}` })),
  );
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      minZoom={0.08}
      fitView
    />
  );
}

const root = createRoot(document.getElementById('root') ?? document.body);
window.show = (graph) => root.render(<Bare graph={graph} />);
