import type { Draft } from 'immer';
import type { Definition, Document, Endpoint } from '../../../nodes/document/schema.ts';
import { definitionIdOf, INPUTS_NODE, OUTPUTS_NODE } from '../../../nodes/document/subgraph-types.ts';
import { newId } from '../../state/new-id.ts';
import { movedItem } from '../widgets/row-edits.ts';
import { freeName } from './subgraphs.ts';

type DocumentDraft = Draft<Document>;
export type PortSide = 'inputs' | 'outputs';

/** Adds a port at the end and returns its name. */
function addPort(definition: Draft<Definition>, side: PortSide, name: string): string {
  const { ports } = definition[side];
  const port = freeName(
    name,
    ports.map((other) => other.name),
  );
  ports.push({ name: port });
  return port;
}

/** Shows an inner input on the instances of a definition: as its value, or as a socket. */
export function exposeInput(draft: DocumentDraft, definition: string, to: Endpoint): void {
  const target = draft.definitions?.[definition];
  if (!target) return;
  for (const [id, wire] of Object.entries(target.wires))
    if (wire.to[0] === to[0] && wire.to[1] === to[1]) delete target.wires[id];
  const port = addPort(target, 'inputs', to[1]);
  target.wires[newId('w', target.wires)] = { from: [INPUTS_NODE, port], to: [...to] };
}

/** Shows an inner output on the instances of a definition. */
export function exposeOutput(draft: DocumentDraft, definition: string, from: Endpoint): void {
  const target = draft.definitions?.[definition];
  if (!target) return;
  const port = addPort(target, 'outputs', from[1]);
  target.wires[newId('w', target.wires)] = { from: [...from], to: [OUTPUTS_NODE, port] };
}

/** Takes a port away, with the wires to it inside and at every instance, and the values set there. */
export function removePort(draft: DocumentDraft, definition: string, side: PortSide, name: string): void {
  const target = draft.definitions?.[definition];
  if (!target) return;
  target[side].ports = target[side].ports.filter((port) => port.name !== name);
  const inside = side === 'inputs' ? INPUTS_NODE : OUTPUTS_NODE;
  for (const [id, wire] of Object.entries(target.wires)) {
    const end = side === 'inputs' ? wire.from : wire.to;
    if (end[0] === inside && end[1] === name) delete target.wires[id];
  }
  for (const { nodes, wires } of [draft, ...Object.values(draft.definitions ?? {})]) {
    const instances = Object.entries(nodes).filter(([, node]) => definitionIdOf(node) === definition);
    if (instances.length === 0) continue;
    const ids = new Set(instances.map(([id]) => id));
    for (const [, node] of instances) if (side === 'inputs') delete node.inputs[name];
    for (const [id, wire] of Object.entries(wires)) {
      const end = side === 'inputs' ? wire.to : wire.from;
      if (ids.has(end[0]) && end[1] === name) delete wires[id];
    }
  }
}

/** Calls a port otherwise; the empty text brings back its own name. Wires and values keep to the name. */
export function renamePort(
  draft: DocumentDraft,
  definition: string,
  side: PortSide,
  name: string,
  title: string,
): void {
  const port = draft.definitions?.[definition]?.[side].ports.find((other) => other.name === name);
  if (!port) return;
  if (title === '') delete port.title;
  else port.title = title;
}

/** Moves a port up or down among its kind. */
export function movePort(
  draft: DocumentDraft,
  definition: string,
  side: PortSide,
  name: string,
  to: number,
): void {
  const ports = draft.definitions?.[definition]?.[side];
  const from = ports?.ports.findIndex((port) => port.name === name) ?? -1;
  if (ports && from >= 0) ports.ports = movedItem(ports.ports, from, to);
}

/** The port of a definition that an inner end is shown through. */
export function portOf(definition: Definition, side: PortSide, end: Endpoint): string | undefined {
  for (const { from, to } of Object.values(definition.wires)) {
    const [inner, port] = side === 'inputs' ? [to, from] : [from, to];
    const at = side === 'inputs' ? INPUTS_NODE : OUTPUTS_NODE;
    if (port[0] === at && inner[0] === end[0] && inner[1] === end[1]) return port[1];
  }
  return undefined;
}
