import type { Catalogue } from '../core/catalogue.ts';
import { UserError } from '../core/errors.ts';
import { isWidget } from '../core/inputs.ts';
import { own } from '../core/own.ts';
import { isLiveChange, readWidget } from '../core/widget-values.ts';
import type { Definition, Document, DocumentNode } from '../document/schema.ts';
import { documentCatalogue } from './subgraph-declarations.ts';

/** A value that may change while the graph runs, as a document holds it. */
export interface LiveValue {
  /** The subgraph its node lies in; absent for a node of the document itself. */
  readonly definition?: string | undefined;
  readonly node: string;
  readonly input: string;
  readonly value: DocumentNode['inputs'][string];
}

type Graph = Pick<Document, 'nodes' | 'wires'>;

/**
 * What turns one state of a document into the other for a run: nothing (a node was moved, a frame
 * renamed), or live values. Undefined where anything else differs.
 * @param kinds the catalogue of the document, see documentCatalogue
 */
export function liveValuesBetween(
  now: Document,
  before: Document,
  kinds: Catalogue,
): readonly LiveValue[] | undefined {
  const values = valuesBetween(now, before, kinds);
  if (!values || now.definitions === before.definitions) return values;
  const [inner, old] = [now.definitions ?? {}, before.definitions ?? {}];
  if (Object.keys(inner).length !== Object.keys(old).length) return undefined;
  const all = [...values];
  for (const [definition, graph] of Object.entries(inner)) {
    const other = own(old, definition);
    if (graph === other) continue;
    const changed = other && samePorts(graph, other) ? valuesBetween(graph, other, kinds) : undefined;
    if (!changed) return undefined;
    all.push(...changed.map((value) => ({ definition, ...value })));
  }
  return all;
}

const samePorts = (a: Definition, b: Definition): boolean =>
  a.inputs.ports === b.inputs.ports && a.outputs.ports === b.outputs.ports;

function valuesBetween(now: Graph, before: Graph, kinds: Catalogue): LiveValue[] | undefined {
  const ids = Object.keys(now.nodes);
  if (now.wires !== before.wires || ids.length !== Object.keys(before.nodes).length) return undefined;
  const values: LiveValue[] = [];
  for (const id of ids) {
    const [node, old] = [now.nodes[id], own(before.nodes, id)];
    if (node === old) continue;
    if (!node || !old || node.mode !== old.mode || node.type !== old.type) return undefined;
    if (node.inputs === old.inputs) continue;
    const declared = kinds.get(node.type)?.inputs ?? {};
    for (const input of new Set([...Object.keys(node.inputs), ...Object.keys(old.inputs)])) {
      const [value, was] = [own(node.inputs, input), own(old.inputs, input)];
      if (value === was) continue;
      const widget = own(declared, input);
      if (!widget || !isWidget(widget) || !isLiveChange(widget, was, value)) return undefined;
      values.push({ node: id, input, value: value ?? (widget.default as LiveValue['value']) });
    }
  }
  return values;
}

/**
 * The document with other live values.
 * @throws UserError where there is no such input, it is not live, or it does not take the value
 */
export function withLiveValues(
  document: Document,
  catalogue: Catalogue,
  values: readonly LiveValue[],
): Document {
  const kinds = documentCatalogue(document, catalogue);
  let result = document;
  for (const live of values) {
    const graph = live.definition === undefined ? result : own(result.definitions ?? {}, live.definition);
    const nodes = graph && withValue(graph.nodes, kinds, live);
    if (!graph || !nodes) throw new UserError(`There is no node ${live.node} in the workflow that runs.`);
    result =
      live.definition === undefined
        ? { ...result, nodes }
        : {
            ...result,
            definitions: { ...result.definitions, [live.definition]: { ...(graph as Definition), nodes } },
          };
  }
  return result;
}

function withValue(
  nodes: Document['nodes'],
  kinds: Catalogue,
  { node: id, input, value }: LiveValue,
): Document['nodes'] | undefined {
  const node = own(nodes, id);
  if (!node) return undefined;
  const widget = own(kinds.get(node.type)?.inputs ?? {}, input);
  if (!widget || !isWidget(widget) || !isLiveChange(widget, own(node.inputs, input), value))
    throw new UserError(`${input} of ${id} cannot change while the workflow runs.`, {
      hint: 'Run it again with the new value.',
    });
  const reading = readWidget(widget, value);
  if (!reading.ok) throw new UserError(`${input} of ${id} ${reading.reason}.`);
  return { ...nodes, [id]: { ...node, inputs: { ...node.inputs, [input]: value } } };
}
