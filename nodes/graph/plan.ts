import type { Catalogue } from '../core/catalogue.ts';
import { isWidget, readWidget } from '../core/inputs.ts';
import type { NodeBehaviour, NodeDeclaration } from '../core/node.ts';
import { accepts, type SocketType, sockets } from '../core/sockets.ts';
import type { Problem } from '../document/problem.ts';
import type { Document, DocumentNode, Endpoint } from '../document/schema.ts';
import { sourceOf } from './sources.ts';
import { inputType, outputType } from './types.ts';

/** An editor plans with declarations; the engine also knows which lazy inputs are wanted. */
type PlannableNode = NodeDeclaration & Pick<NodeBehaviour, 'lazy'>;

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
  readonly wired: Readonly<Record<string, WiredInput>>;
}

export interface Plan<Node extends PlannableNode = PlannableNode> {
  /** Everything the targets need, each after what feeds it. */
  readonly nodes: ReadonlyMap<string, PlannedNode<Node>>;
  readonly targets: readonly string[];
  /** What keeps the plan from running; empty when it may. */
  readonly problems: readonly Problem[];
}

interface WidgetReading {
  readonly values: Readonly<Record<string, unknown>>;
  readonly refused: Readonly<Record<string, string>>;
}

const readings = new WeakMap<DocumentNode, WidgetReading>();

/** All widget values of a node; nodes are immutable, so each state of one is read once. */
function readWidgets(node: DocumentNode, definition: PlannableNode): WidgetReading {
  const known = readings.get(node);
  if (known) return known;
  const values: Record<string, unknown> = {};
  const refused: Record<string, string> = {};
  for (const [name, input] of Object.entries(definition.inputs)) {
    if (!isWidget(input)) continue;
    const result = readWidget(input, Object.hasOwn(node.inputs, name) ? node.inputs[name] : input.default);
    if (result.ok) values[name] = result.value;
    else refused[name] = result.reason;
  }
  const reading = { values, refused };
  readings.set(node, reading);
  return reading;
}

/** Targets of a whole run: every node that shows or writes something and is not switched off. */
export const effectNodes = (document: Document, catalogue: Catalogue): string[] =>
  Object.entries(document.nodes)
    .filter(([, node]) => !node.mode && catalogue.get(node.type)?.effect)
    .map(([id]) => id);

/**
 * Works out what has to be there for `targets`, in which order, and what stands in the way.
 * Nodes that hang on a muted node are left out together with the targets that need them.
 */
export function planRun<Node extends PlannableNode>(
  document: Document,
  catalogue: Catalogue<Node>,
  targets: readonly string[] = effectNodes(document, catalogue),
): Plan<Node> {
  const problems: Problem[] = [];
  const planned = new Map<string, PlannedNode<Node>>();
  /** `open`: on the path being walked; `out`: hangs on a muted node. */
  const states = new Map<string, 'open' | 'done' | 'out'>();

  const plan = (
    id: string,
  ): { readonly node: PlannedNode<Node>; readonly feeds: readonly string[] } | 'out' => {
    const node = document.nodes[id];
    const definition = node && catalogue.get(node.type);
    if (!node || !definition) {
      problems.push({
        severity: 'error',
        node: id,
        message: node ? `There is no node type “${node.type}”.` : `There is no node ${id}.`,
        hint: node ? 'Update Kronode, replace the node, or mute it.' : 'Choose a node of this workflow.',
      });
      return 'out';
    }
    if (node.mode === 'mute') return 'out';
    const reading = readWidgets(node, definition);
    const values: Record<string, unknown> = {};
    const wired: Record<string, WiredInput> = {};
    for (const [name, input] of Object.entries(definition.inputs)) {
      const source = sourceOf(document, catalogue, [id, name]);
      if (source.kind === 'muted') {
        if (isWidget(input) || input.optional) {
          if (isWidget(input)) values[name] = reading.values[name];
          continue;
        }
        return 'out';
      }
      if (source.kind === 'output') {
        const fromType = outputType(document, catalogue, source.from);
        const toType = inputType(document, catalogue, [id, name]) ?? fromType;
        if (!fromType || !toType) {
          if (catalogue.has(document.nodes[source.from[0]]?.type ?? ''))
            problems.push({
              severity: 'error',
              node: id,
              input: name,
              message: `The wire into ${name} of “${definition.title}” starts nowhere (${source.from.join('.')}).`,
              hint: 'Remove the wire or connect it again.',
            });
          // A source of unknown type is reported when the walk reaches it.
          wired[name] = { from: source.from, fromType: 'TEXT', toType: 'TEXT' };
          continue;
        }
        if (!accepts(toType, fromType))
          problems.push({
            severity: 'error',
            node: id,
            input: name,
            message: `${name} of “${definition.title}” takes ${sockets[toType].label}, the wire carries ${sockets[fromType].label}.`,
            hint: 'Connect an output of the right type.',
          });
        wired[name] = { from: source.from, fromType, toType };
      } else if (isWidget(input)) {
        const reason = reading.refused[name];
        if (reason !== undefined)
          problems.push({
            severity: 'error',
            node: id,
            input: name,
            message: `${name} of “${definition.title}” cannot be ${JSON.stringify(node.inputs[name])?.slice(0, 80)}: ${reason}.`,
            hint: 'Change the value on the node.',
          });
        else values[name] = reading.values[name];
      } else if (!input.optional)
        problems.push({
          severity: 'error',
          node: id,
          input: name,
          message: `“${definition.title}” needs ${input.kind === 'socket' ? sockets[input.type].label : 'a value'} at ${name}.`,
          hint: `Connect something to ${name}.`,
        });
    }
    for (const name of Object.keys(node.inputs)) {
      if (!Object.hasOwn(definition.inputs, name))
        problems.push({
          severity: 'warning',
          node: id,
          input: name,
          message: `“${definition.title}” has no input ${name}; its value is ignored.`,
        });
    }
    return { node: { id, node, definition, values, wired }, feeds: neededFeeds(definition, values, wired) };
  };

  // Walked with an explicit stack: a chain of thousands of nodes must not exhaust the call stack.
  for (const target of targets) {
    const stack: {
      id: string;
      entry?: { node: PlannedNode<Node>; feeds: readonly string[] };
      next: number;
    }[] = [{ id: target, next: 0 }];
    while (stack.length > 0) {
      const frame = stack[stack.length - 1];
      if (!frame) break;
      if (!frame.entry) {
        const state = states.get(frame.id);
        if (state === 'done' || state === 'out') {
          stack.pop();
          continue;
        }
        const entry = plan(frame.id);
        if (entry === 'out') {
          states.set(frame.id, 'out');
          stack.pop();
          continue;
        }
        states.set(frame.id, 'open');
        frame.entry = entry;
      }
      const feed = frame.entry.feeds[frame.next++];
      if (feed !== undefined) {
        if (states.get(feed) === 'open') {
          const loop = stack.slice(stack.findIndex((open) => open.id === feed)).map((open) => open.id);
          problems.push({
            severity: 'error',
            node: feed,
            message: `These nodes feed each other in a loop: ${loop.join(' → ')} → ${feed}.`,
            hint: 'Remove one of the wires between them.',
          });
        } else if (!states.has(feed)) stack.push({ id: feed, next: 0 });
        continue;
      }
      const isOut = Object.entries(frame.entry.node.wired).some(
        ([name, { from }]) => states.get(from[0]) === 'out' && isRequired(frame.entry?.node, name),
      );
      states.set(frame.id, isOut ? 'out' : 'done');
      if (!isOut) planned.set(frame.id, frame.entry.node);
      stack.pop();
    }
  }
  return { nodes: planned, targets: targets.filter((id) => states.get(id) === 'done'), problems };
}

const isRequired = (planned: PlannedNode | undefined, name: string): boolean => {
  const input = planned?.definition.inputs[name];
  return input !== undefined && (isWidget(input) || !input.optional);
};

/** Nodes that feed this one; of lazy inputs only those that the values known beforehand do not rule out. */
function neededFeeds(
  definition: PlannableNode,
  values: Readonly<Record<string, unknown>>,
  wired: Readonly<Record<string, WiredInput>>,
): string[] {
  const { lazy } = definition;
  const names = Object.keys(wired);
  if (!lazy) return names.map((name) => wired[name]?.from[0] ?? '');
  const isDecided = names.every((name) => lazy.inputs.includes(name));
  const chosen = isDecided ? lazy.choose(values) : lazy.inputs;
  return names
    .filter((name) => !lazy.inputs.includes(name) || chosen.includes(name))
    .map((name) => wired[name]?.from[0] ?? '');
}
