import type { Catalogue } from '../core/catalogue.ts';
import { isWidget, type NodeInput, wireTypeOf } from '../core/inputs.ts';
import { own } from '../core/own.ts';
import { accepts, sockets } from '../core/sockets.ts';
import { invalid, type Validity, valid } from '../core/validity.ts';
import type { Document, Endpoint } from '../document/schema.ts';
import { INPUTS_TYPE } from '../document/subgraph-types.ts';
import { indexDocument } from './document-index.ts';
import { definitionOf } from './lookup.ts';
import { inputType, outputType } from './types.ts';

/** Can `target` be reached from `start` along the wires? */
function reaches(document: Document, start: string, target: string): boolean {
  const index = indexDocument(document);
  const pending = [start];
  const seen = new Set(pending);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node === target) return true;
    for (const { to } of index.outgoingOf(node)) {
      if (seen.has(to[0])) continue;
      seen.add(to[0]);
      pending.push(to[0]);
    }
  }
  return false;
}

/**
 * The document as it is once an input's own wire is gone. Only then does a type variable forget it.
 */
function withoutWireInto(document: Document, to: Endpoint): Document {
  const link = indexDocument(document).incoming(to[0], to[1]);
  if (!link) return document;
  const { [link.wire]: _replaced, ...wires } = document.wires;
  return { ...document, wires };
}

/**
 * An input of a subgraph that stands for a value which no wire can carry, such as a file, stands for
 * that kind alone. Names the input it already goes to where that is of another kind.
 */
function otherKindAt(
  document: Document,
  catalogue: Catalogue,
  from: Endpoint,
  to: Endpoint,
  wanted: NodeInput,
): string | undefined {
  const isValue = (input: NodeInput) => isWidget(input) && wireTypeOf(input) === undefined;
  for (const link of indexDocument(document).outgoingOf(from[0])) {
    if (link.from[1] !== from[1] || (link.to[0] === to[0] && link.to[1] === to[1])) continue;
    const input = own(definitionOf(document, catalogue, link.to[0])?.inputs ?? {}, link.to[1]);
    if (input && (isValue(input) || isValue(wanted)) && input.kind !== wanted.kind) return link.to[1];
  }
  return undefined;
}

/** May a wire run from an output to an input? An input that is taken is no obstacle: the new wire replaces the old. */
export function canConnect(document: Document, catalogue: Catalogue, from: Endpoint, to: Endpoint): Validity {
  const source = definitionOf(document, catalogue, from[0]);
  const target = definitionOf(document, catalogue, to[0]);
  if (!source) return invalid('The wire starts at a node of an unknown type.');
  if (!target) return invalid('The wire ends at a node of an unknown type.');
  const output = own(source.outputs, from[1]);
  const input = own(target.inputs, to[1]);
  if (!output) return invalid(`“${source.title}” has no output called ${from[1]}.`);
  if (!input) return invalid(`“${target.title}” has no input called ${to[1]}.`);
  const isPort = source.type === INPUTS_TYPE;
  if (isWidget(input) && !wireTypeOf(input) && !isPort)
    return invalid(`${to[1]} of “${target.title}” is set on the node; it takes no wire.`);
  if (isPort) {
    const other = otherKindAt(document, catalogue, from, to, input);
    if (other !== undefined)
      return invalid(`${from[1]} stands for ${other}; ${to[1]} of “${target.title}” is of another kind.`);
  }
  if (from[0] === to[0]) return invalid('A node cannot feed itself.');
  const rest = input.kind === 'variable' ? withoutWireInto(document, to) : document;
  const given = outputType(rest, catalogue, from);
  const wanted = inputType(rest, catalogue, to);
  if (given && wanted && !accepts(wanted, given))
    return invalid(
      `${to[1]} of “${target.title}” takes ${sockets[wanted].label}, this wire carries ${sockets[given].label}.`,
    );
  if (reaches(document, to[0], from[0])) return invalid('This wire would close a loop.');
  return valid;
}
