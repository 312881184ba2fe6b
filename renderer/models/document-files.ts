import type { Draft } from 'immer';
import type { Catalogue } from '../../nodes/core/catalogue.ts';
import type { FileKind, NodeInput } from '../../nodes/core/inputs.ts';
import { filesNamed } from '../../nodes/core/widget-values.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { readWidgets } from '../../nodes/graph/widget-readings.ts';
import type { InputJson } from '../editor/flow/node-actions.ts';

/** A file that a node of a document names. */
export interface FileUse {
  /** The subgraph the node is in; absent for the document itself. */
  readonly definition?: string;
  readonly node: string;
  readonly input: string;
  readonly kind: FileKind;
  /** Empty where one is needed and none is chosen. */
  readonly name: string;
}

/** Every file a document needs, node by node, those of its subgraphs too. */
export function fileUses({ nodes, definitions = {} }: Document, catalogue: Catalogue): FileUse[] {
  return [
    ...usesIn(nodes, catalogue),
    ...Object.entries(definitions).flatMap(([definition, inside]) =>
      usesIn(inside.nodes, catalogue).map((use) => ({ ...use, definition })),
    ),
  ];
}

function usesIn(nodes: Document['nodes'], catalogue: Catalogue): FileUse[] {
  return Object.entries(nodes).flatMap(([id, node]) => {
    const declaration = catalogue.get(node.type);
    if (!declaration) return [];
    const named = filesNamed(declaration.inputs, readWidgets(node, declaration).values);
    const unchosen = Object.entries(declaration.inputs).flatMap(([input, widget]) =>
      widget.kind === 'file' && !widget.optional && (node.inputs[input] ?? widget.default) === ''
        ? [{ input, kind: widget.fileKind, name: '' }]
        : [],
    );
    return [...named, ...unchosen].map((file) => ({ node: id, ...file }));
  });
}

/** Puts another file in the place of the one a node names. */
export function replaceFile(
  draft: Draft<Document>,
  { definition, node, input, name }: FileUse,
  declared: NodeInput | undefined,
  to: string,
): void {
  const { nodes } = definition === undefined ? draft : (draft.definitions?.[definition] ?? draft);
  const target = nodes[node];
  if (!target || !declared) return;
  target.inputs[input] = withFile(declared, target.inputs[input] ?? null, name, to);
}

/** A value of an input with another file in the place of one, also within the rows of a list. */
function withFile(declared: NodeInput, value: InputJson, from: string, to: string): InputJson {
  if (declared.kind !== 'list' || !Array.isArray(value)) return to;
  const fields = Object.entries(declared.item).flatMap(([name, field]) =>
    field.kind === 'file' ? [name] : [],
  );
  return value.map((row) =>
    typeof row === 'object' && row !== null && !Array.isArray(row)
      ? Object.fromEntries(
          Object.entries(row).map(([name, held]) => [
            name,
            fields.includes(name) && held === from ? to : held,
          ]),
        )
      : row,
  );
}
