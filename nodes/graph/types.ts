import type { Catalogue } from '../core/catalogue.ts';
import { isWidget, wireTypeOf } from '../core/inputs.ts';
import { own } from '../core/own.ts';
import { accepts, type SocketType } from '../core/sockets.ts';
import type { Document, Endpoint } from '../document/schema.ts';
import { indexDocument } from './document-index.ts';
import { definitionOf } from './lookup.ts';

/** What one end of a wire may carry: a type, a type variable of its node, or nothing. */
type EndType = SocketType | { readonly variable: string } | undefined;

function outputEnd(document: Document, catalogue: Catalogue, [node, name]: Endpoint): EndType {
  const output = own(definitionOf(document, catalogue, node)?.outputs ?? {}, name);
  return output?.kind === 'socket' ? output.type : output;
}

function inputEnd(document: Document, catalogue: Catalogue, [node, name]: Endpoint): EndType {
  const input = own(definitionOf(document, catalogue, node)?.inputs ?? {}, name);
  if (!input) return undefined;
  if (isWidget(input)) return wireTypeOf(input);
  return input.kind === 'socket' ? input.type : input;
}

interface SolvedTypes {
  readonly catalogue: Catalogue;
  readonly types: Map<string, SocketType | undefined>;
  /** One name for all variables that are wired to each other. */
  readonly groups: Map<string, string>;
}

/** Documents are immutable, so the type variables of each state of one are solved once. */
const solved = new WeakMap<Document, SolvedTypes>();

// Ids hold no space, so the pair reads one way only.
const variableKey = (node: string, variable: string): string => `${node} ${variable}`;

/**
 * The type that the wires around a node give to one of its type variables, or undefined while
 * nothing but other variables is connected to it. Variables that are wired to each other have one
 * type: that of what is fed in, or else that of where it goes.
 */
function typeOfVariable(
  document: Document,
  catalogue: Catalogue,
  node: string,
  variable: string,
): SocketType | undefined {
  let known = solved.get(document);
  if (known?.catalogue !== catalogue) {
    known = { catalogue, types: new Map(), groups: new Map() };
    solved.set(document, known);
  }
  const { types, groups } = known;
  const key = variableKey(node, variable);
  if (types.has(key)) return types.get(key);

  const index = indexDocument(document);
  const group = new Set([key]);
  const pending = [{ node, variable }];
  const given = new Set<SocketType>();
  const taken = new Set<SocketType>();
  const meet = (id: string, end: EndType, concrete: Set<SocketType>) => {
    if (typeof end === 'string') concrete.add(end);
    else if (end && !group.has(variableKey(id, end.variable))) {
      group.add(variableKey(id, end.variable));
      pending.push({ node: id, variable: end.variable });
    }
  };
  const isOurs = (end: EndType, name: string) => typeof end === 'object' && end.variable === name;
  for (let member = pending.pop(); member; member = pending.pop()) {
    for (const { from, to } of index.incomingOf(member.node))
      if (isOurs(inputEnd(document, catalogue, to), member.variable))
        meet(from[0], outputEnd(document, catalogue, from), given);
    for (const { from, to } of index.outgoingOf(member.node))
      if (isOurs(outputEnd(document, catalogue, from), member.variable))
        meet(to[0], inputEnd(document, catalogue, to), taken);
  }
  const type = widest(given) ?? narrowest(taken);
  const [first = key] = [...group].sort();
  for (const member of group) {
    types.set(member, type);
    groups.set(member, first);
  }
  return type;
}

/** The type that all the others fit into, or the first where there is none. */
const widest = (types: ReadonlySet<SocketType>): SocketType | undefined =>
  [...types].find((type) => [...types].every((other) => accepts(type, other))) ?? [...types][0];

/** The type that fits into all the others, or the first where there is none. */
const narrowest = (types: ReadonlySet<SocketType>): SocketType | undefined =>
  [...types].find((type) => [...types].every((other) => accepts(other, type))) ?? [...types][0];

const resolve = (document: Document, catalogue: Catalogue, node: string, end: EndType) =>
  typeof end === 'object' ? typeOfVariable(document, catalogue, node, end.variable) : end;

/** The type of wire an output gives; undefined when it is unknown or not decided yet. */
export const outputType = (
  document: Document,
  catalogue: Catalogue,
  from: Endpoint,
): SocketType | undefined => resolve(document, catalogue, from[0], outputEnd(document, catalogue, from));

/** The type of wire an input takes; undefined when it takes none or is not decided yet. */
export const inputType = (document: Document, catalogue: Catalogue, to: Endpoint): SocketType | undefined =>
  resolve(document, catalogue, to[0], inputEnd(document, catalogue, to));

/** What an output gives while its type is not decided: the one name of all type variables it is wired to. */
export function outputVariable(document: Document, catalogue: Catalogue, from: Endpoint): string | undefined {
  const end = outputEnd(document, catalogue, from);
  if (typeof end !== 'object') return undefined;
  typeOfVariable(document, catalogue, from[0], end.variable);
  const known = solved.get(document);
  return known?.groups.get(variableKey(from[0], end.variable));
}
