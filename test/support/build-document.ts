import type { Document, DocumentNode, Endpoint } from '../../nodes/document/schema.ts';

type NodeSpec = { readonly type: string } & Partial<DocumentNode>;

const endpoint = (text: string): Endpoint => {
  const at = text.indexOf('.');
  return [text.slice(0, at), text.slice(at + 1)];
};

/** A document in few words: nodes by id, wires as `from.output > to.input`. */
export function buildDocument(
  nodes: Readonly<Record<string, NodeSpec>>,
  wires: readonly string[] = [],
): Document {
  return {
    format: 'kronode/workflow',
    version: 1,
    nodes: Object.fromEntries(
      Object.entries(nodes).map(([id, spec]) => [
        id,
        { version: 1, at: [0, 0] as const, inputs: {}, ...spec },
      ]),
    ) as Document['nodes'],
    wires: Object.fromEntries(
      wires.map((wire, i) => {
        const [from = '', to = ''] = wire.split(' > ');
        return [`w${i}`, { from: endpoint(from), to: endpoint(to) }];
      }),
    ),
  };
}

/** The document with one widget value changed, sharing all the rest as an editor's edits do. */
export function withInput(document: Document, id: string, inputs: DocumentNode['inputs']): Document {
  const node = document.nodes[id]!;
  return {
    ...document,
    nodes: { ...document.nodes, [id]: { ...node, inputs: { ...node.inputs, ...inputs } } },
  };
}
