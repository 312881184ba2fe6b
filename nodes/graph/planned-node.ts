import type { Catalogue } from '../core/catalogue.ts';
import { isWidget, type NodeInput } from '../core/inputs.ts';
import type { NodeBehaviour, NodeDeclaration } from '../core/node.ts';
import { accepts, type SocketType, sockets } from '../core/sockets.ts';
import type { Problem } from '../document/problem.ts';
import type { Document, DocumentNode, Endpoint } from '../document/schema.ts';
import { definitionOf, nodeOf, titleOf } from './lookup.ts';
import { type Source, sourceOf } from './sources.ts';
import { inputType, outputType } from './types.ts';
import { readWidgets } from './widget-readings.ts';

/** An editor plans with declarations; the engine also knows which lazy inputs are wanted. */
export type PlannableNode = NodeDeclaration & Pick<NodeBehaviour, 'lazy'>;

export interface WiredInput {
  readonly from: Endpoint;
  readonly fromType: SocketType;
  readonly toType: SocketType;
}

/** A node that takes part in a run, with everything that was known before it started. */
export interface PlannedNode<Node extends PlannableNode = PlannableNode> {
  readonly id: string;
  readonly node: DocumentNode;
  readonly definition: Node;
  /** Values of the widgets that no wire feeds. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Inputs that other planned nodes feed; lazy ones that are ruled out are not among them. */
  readonly wired: Readonly<Record<string, WiredInput>>;
  /** The node of the document this one computes, where it is a copy with other values (see sweep.ts). */
  readonly copyOf?: string;
  /** Labels of a sweep's cells, which are wired to it as `cell 0`, `cell 1` and so on, row by row. */
  readonly sweep?: SweepLabels;
}

export interface SweepLabels {
  readonly columns: readonly string[];
  /** Empty where there is one row without a name. */
  readonly rows: readonly string[];
}

/** The node of the document that a planned one stands for. */
export const originOf = ({ id, copyOf }: PlannedNode): string => copyOf ?? id;

/** A node on the way into a plan: what it may need is known, what becomes of that is not. */
export interface NodeDraft<Node extends PlannableNode = PlannableNode> {
  readonly id: string;
  readonly node: DocumentNode;
  readonly definition: Node;
  /** Where the values of its inputs come from; lazy inputs that are ruled out are left away. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Nodes that have to be looked at before it. */
  readonly feeds: readonly string[];
}

/** First look at a node: what feeds it. Undefined when there is no such node or kind of node. */
export function draftNode<Node extends PlannableNode>(
  document: Document,
  catalogue: Catalogue<Node>,
  kinds: Catalogue,
  id: string,
): NodeDraft<Node> | undefined {
  const node = nodeOf(document, id);
  const definition = definitionOf(document, catalogue, id);
  if (!node || !definition) return undefined;
  const sources = new Map<string, Source>();
  for (const name of Object.keys(definition.inputs)) sources.set(name, sourceOf(document, kinds, [id, name]));
  for (const name of ruledOut(node, definition, sources)) sources.delete(name);
  const feeds: string[] = [];
  for (const source of sources.values()) if (source.kind === 'output') feeds.push(source.from[0]);
  return { id, node, definition, sources, feeds };
}

/** Lazy inputs that are not wanted, where the values known beforehand decide it. */
function ruledOut(
  node: DocumentNode,
  definition: PlannableNode,
  sources: ReadonlyMap<string, Source>,
): readonly string[] {
  const { lazy } = definition;
  if (!lazy) return [];
  for (const [name, { kind }] of sources) if (kind === 'output' && !lazy.inputs.includes(name)) return [];
  const wanted = lazy.choose(readWidgets(node, definition).values);
  return lazy.inputs.filter((name) => !wanted.includes(name));
}

/** A draft that was decided: part of the run, or left out because of a muted node. */
export type Settled<Node extends PlannableNode> =
  | { readonly planned: PlannedNode<Node>; readonly problems: readonly Problem[] }
  | { readonly leftOutBy: string };

/**
 * Second look at a node, once everything that feeds it was looked at: `leftOutBy` tells which feeds
 * take no part and which node is to blame.
 */
export function settleNode<Node extends PlannableNode>(
  document: Document,
  kinds: Catalogue,
  { id, node, definition, sources }: NodeDraft<Node>,
  leftOutBy: (feed: string) => string | undefined,
): Settled<Node> {
  const readings = readWidgets(node, definition);
  const title = titleOf(node, definition);
  const problems: Problem[] = versionProblems(id, node, definition);
  const wired: Record<string, WiredInput> = {};
  const report = (input: string, message: string, hint: string) =>
    problems.push({ severity: 'error', node: id, input, message, hint });

  for (const [name, source] of sources) {
    const input = definition.inputs[name] as NodeInput;
    const blame = blameFor(source, leftOutBy);
    if (source.kind === 'output' && blame === undefined) {
      const wire = typeWire(document, kinds, source.from, [id, name]);
      if (!wire) {
        report(
          name,
          `The wire into ${name} of “${title}” carries nothing (${source.from.join('.')}).`,
          'Remove the wire or connect it again.',
        );
        continue;
      }
      wired[name] = wire;
      if (!accepts(wire.toType, wire.fromType))
        report(
          name,
          `${name} of “${title}” takes ${sockets[wire.toType].label}, the wire carries ${sockets[wire.fromType].label}.`,
          'Connect an output of the right type.',
        );
    } else if (isWidget(input)) {
      // A widget whose wire gives nothing falls back on the value set on the node.
      const reason = readings.refused.get(name);
      if (reason !== undefined)
        report(name, `${name} of “${title}” ${reason}.`, 'Change the value on the node.');
    } else if (!input.optional) {
      if (blame !== undefined) return { leftOutBy: blame };
      report(
        name,
        `“${title}” needs ${input.kind === 'socket' ? sockets[input.type].label : 'a value'} at ${name}.`,
        `Connect something to ${name}.`,
      );
    }
  }
  for (const name of Object.keys(node.inputs)) {
    if (!Object.hasOwn(definition.inputs, name))
      problems.push({
        severity: 'warning',
        node: id,
        input: name,
        message: `“${title}” has no input ${name}; its value is ignored.`,
      });
  }
  return { planned: { id, node, definition, values: unwired(readings.values, wired), wired }, problems };
}

const blameFor = (source: Source, leftOutBy: (feed: string) => string | undefined): string | undefined => {
  if (source.kind === 'muted') return source.node;
  return source.kind === 'output' ? leftOutBy(source.from[0]) : undefined;
};

function typeWire(
  document: Document,
  catalogue: Catalogue,
  from: Endpoint,
  to: Endpoint,
): WiredInput | undefined {
  const fromType = outputType(document, catalogue, from);
  const toType = inputType(document, catalogue, to) ?? fromType;
  return fromType && toType && { from, fromType, toType };
}

/** The values no wire stands for. The same object every time where there is nothing to leave away. */
function unwired(
  values: Readonly<Record<string, unknown>>,
  wired: Readonly<Record<string, WiredInput>>,
): Readonly<Record<string, unknown>> {
  if (!Object.keys(wired).some((name) => Object.hasOwn(values, name))) return values;
  return Object.fromEntries(Object.entries(values).filter(([name]) => !Object.hasOwn(wired, name)));
}

/** Values written for another version of a node mean something else; opening a document brings them along. */
function versionProblems(id: string, node: DocumentNode, definition: NodeDeclaration): Problem[] {
  if (node.version === definition.version) return [];
  return [
    {
      severity: 'error',
      node: id,
      message: `“${titleOf(node, definition)}” holds values for version ${node.version} of the node, this Kronode has ${definition.version}.`,
      hint: node.version > definition.version ? 'Update Kronode to run it.' : 'Replace the node.',
    },
  ];
}
