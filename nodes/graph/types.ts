import type { Catalogue } from '../core/catalogue.ts';
import { isWidget, type NodeInput, wireTypeOf } from '../core/inputs.ts';
import type { SocketType } from '../core/sockets.ts';
import type { Document, Endpoint } from '../document/schema.ts';
import { indexDocument } from './document-index.ts';

/**
 * The type that the wires around a node give to one of its type variables, or undefined while
 * nothing but other variables is connected to it.
 */
function typeOfVariable(
  document: Document,
  catalogue: Catalogue,
  node: string,
  variable: string,
  seen: Set<string>,
): SocketType | undefined {
  if (seen.has(node)) return undefined;
  seen.add(node);
  const definition = catalogue.get(document.nodes[node]?.type ?? '');
  if (!definition) return undefined;
  const index = indexDocument(document);
  for (const link of index.incomingOf(node)) {
    const input = definition.inputs[link.to[1]];
    if (input?.kind !== 'variable' || input.variable !== variable) continue;
    const type = outputType(document, catalogue, link.from, seen);
    if (type) return type;
  }
  for (const link of index.outgoingOf(node)) {
    const out = definition.outputs[link.from[1]];
    if (out?.kind !== 'variable' || out.variable !== variable) continue;
    const type = inputType(document, catalogue, link.to, seen);
    if (type) return type;
  }
  return undefined;
}

/** The type of wire an output gives; undefined when it is unknown or not decided yet. */
export function outputType(
  document: Document,
  catalogue: Catalogue,
  [node, name]: Endpoint,
  seen: Set<string> = new Set(),
): SocketType | undefined {
  const output = catalogue.get(document.nodes[node]?.type ?? '')?.outputs[name];
  if (!output) return undefined;
  return output.kind === 'socket'
    ? output.type
    : typeOfVariable(document, catalogue, node, output.variable, seen);
}

/** The type of wire an input takes; undefined when it takes none or is not decided yet. */
export function inputType(
  document: Document,
  catalogue: Catalogue,
  [node, name]: Endpoint,
  seen: Set<string> = new Set(),
): SocketType | undefined {
  const input: NodeInput | undefined = catalogue.get(document.nodes[node]?.type ?? '')?.inputs[name];
  if (!input) return undefined;
  if (isWidget(input)) return wireTypeOf(input);
  return input.kind === 'socket'
    ? input.type
    : typeOfVariable(document, catalogue, node, input.variable, seen);
}
