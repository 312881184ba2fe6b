import type { Catalogue } from '../core/catalogue.ts';
import { isWidget, type NodeInput, wireTypeOf } from '../core/inputs.ts';
import type { NodeDeclaration, NodeOutput } from '../core/node.ts';
import { own } from '../core/own.ts';
import type { Definition, Document, Endpoint, Port } from '../document/schema.ts';
import {
  definitionIdOf,
  INPUTS_NODE,
  INPUTS_TYPE,
  OUTPUTS_NODE,
  OUTPUTS_TYPE,
  subgraphType,
} from '../document/subgraph-types.ts';
import { indexDocument } from './document-index.ts';
import { graphInside } from './graph-view.ts';
import { definitionOf } from './lookup.ts';
import { outputType, outputVariable } from './types.ts';

const named = ({ title }: Port) => (title === undefined || title === '' ? {} : { label: title });

/** The two nodes that stand for the ports inside: each port is what it is wired to. */
function portDeclarations({ inputs, outputs }: Definition): NodeDeclaration[] {
  const common = { version: 1, group: 'Subgraphs', doc: '' } as const;
  const given = inputs.ports.map(
    (port) => [port.name, { kind: 'variable', variable: `port ${port.name}`, ...named(port) }] as const,
  );
  const taken = outputs.ports.map(
    (port) =>
      [
        port.name,
        { kind: 'variable', variable: `port ${port.name}`, optional: true, ...named(port) },
      ] as const,
  );
  return [
    { ...common, type: INPUTS_TYPE, title: 'Inputs', inputs: {}, outputs: Object.fromEntries(given) },
    { ...common, type: OUTPUTS_TYPE, title: 'Outputs', inputs: Object.fromEntries(taken), outputs: {} },
  ];
}

/** What an instance shows for an input: the value it is wired to inside, or a socket of that type. */
function inputOf(view: Document, catalogue: Catalogue, port: Port): NodeInput {
  const targets = indexDocument(view)
    .outgoingOf(INPUTS_NODE)
    .flatMap(({ from, to }) => {
      const input = own(definitionOf(view, catalogue, to[0])?.inputs ?? {}, to[1]);
      return from[1] === port.name && input ? [{ to, input }] : [];
    });
  const variable: NodeInput = {
    kind: 'variable',
    variable: `port ${port.name}`,
    optional: true,
    ...named(port),
  };
  const [first] = targets;
  if (!first) return variable;
  const { doc } = first.input;
  const described = { ...(doc !== undefined && { doc }), ...named(port) };
  if (isWidget(first.input) && targets.every(({ input }) => isWidget(input))) {
    const { advanced: _shown, ...widget } = first.input;
    const value = own(own(view.nodes, first.to[0])?.inputs ?? {}, first.to[1]) ?? widget.default;
    const wire = targets.every(({ input }) => isWidget(input) && wireTypeOf(input) !== undefined);
    return { ...widget, ...described, default: value, wire } as NodeInput;
  }
  const optional = targets.every(({ input }) => isWidget(input) || input.optional);
  const from: Endpoint = [INPUTS_NODE, port.name];
  const type = outputType(view, catalogue, from);
  return type
    ? { kind: 'socket', type, optional, ...described }
    : {
        ...variable,
        variable: outputVariable(view, catalogue, from) ?? variable.variable,
        optional,
        ...described,
      };
}

function outputOf(view: Document, catalogue: Catalogue, port: Port): NodeOutput {
  const link = indexDocument(view).incoming(OUTPUTS_NODE, port.name);
  const type = link && outputType(view, catalogue, link.from);
  if (type) return { kind: 'socket', type, ...named(port) };
  const variable = (link && outputVariable(view, catalogue, link.from)) ?? `out ${port.name}`;
  return { kind: 'variable', variable, ...named(port) };
}

function declare(view: Document, catalogue: Catalogue, id: string, definition: Definition): NodeDeclaration {
  const { title, description = '', inputs, outputs } = definition;
  return {
    type: subgraphType(id),
    version: 1,
    title,
    group: 'Subgraphs',
    doc: description,
    inputs: Object.fromEntries(inputs.ports.map((port) => [port.name, inputOf(view, catalogue, port)])),
    outputs: Object.fromEntries(outputs.ports.map((port) => [port.name, outputOf(view, catalogue, port)])),
  };
}

/** What was made of the declarations of one catalogue, so that what stays equal stays the same object. */
interface Memory {
  readonly declarations: Map<string, NodeDeclaration>;
  readonly catalogues: Map<string, Catalogue>;
}
const memories = new WeakMap<Catalogue, Memory>();

function memoryOf(base: Catalogue): Memory {
  const known = memories.get(base);
  if (known) return known;
  const memory: Memory = { declarations: new Map(), catalogues: new Map() };
  memories.set(base, memory);
  return memory;
}

/** Components compare declarations by identity: an equal one keeps the object it had. */
function kept({ declarations }: Memory, key: string, declaration: NodeDeclaration): NodeDeclaration {
  const known = declarations.get(key);
  // The order of inputs counts: it is that of the rows.
  if (known && JSON.stringify(known) === JSON.stringify(declaration)) return known;
  declarations.set(key, declaration);
  return declaration;
}

function extended(
  { catalogues }: Memory,
  key: string,
  base: Catalogue,
  added: readonly NodeDeclaration[],
): Catalogue {
  const known = catalogues.get(key);
  if (known?.size === base.size + added.length && added.every((node) => known.get(node.type) === node))
    return known;
  const catalogue = new Map([...base, ...added.map((node) => [node.type, node] as const)]);
  catalogues.set(key, catalogue);
  return catalogue;
}

interface Declared {
  readonly base: Catalogue;
  readonly children: readonly (NodeDeclaration | undefined)[];
  readonly declaration: NodeDeclaration;
}
const declared = new WeakMap<Definition, Declared>();

/**
 * The catalogue of one document: everything there is, and each of its subgraphs as a kind of node. One
 * that contains itself is left out. Equal declarations stay the same objects from state to state.
 */
export function documentCatalogue(document: Document, base: Catalogue): Catalogue {
  const { definitions } = document;
  if (!definitions || Object.keys(definitions).length === 0) return base;
  const known = extensions.get(definitions);
  if (known?.base === base) return known.catalogue;
  const catalogue = withDefinitions(document, definitions, base);
  extensions.set(definitions, { base, catalogue });
  return catalogue;
}

const extensions = new WeakMap<object, { readonly base: Catalogue; readonly catalogue: Catalogue }>();

function withDefinitions(
  document: Document,
  definitions: Readonly<Record<string, Definition>>,
  base: Catalogue,
): Catalogue {
  const memory = memoryOf(base);
  const done = new Map<string, NodeDeclaration | undefined>();
  const visit = (id: string): NodeDeclaration | undefined => {
    if (done.has(id)) return done.get(id);
    const definition = own(definitions, id);
    const view = graphInside(document, id);
    if (!definition || !view) return undefined;
    // Until it is known it counts as missing: that ends a ring.
    done.set(id, undefined);
    const inner = [...new Set(Object.values(definition.nodes).flatMap((node) => definitionIdOf(node) ?? []))];
    const children = inner.map(visit);
    const before = declared.get(definition);
    const fresh =
      before?.base === base && children.every((child, i) => child === before.children[i])
        ? before.declaration
        : declare(view, insideCatalogue(base, children, definition), id, definition);
    const declaration = kept(memory, id, fresh);
    declared.set(definition, { base, children, declaration });
    done.set(id, declaration);
    return declaration;
  };
  const added = Object.keys(definitions).flatMap((id) => visit(id) ?? []);
  return extended(memory, '', base, added);
}

const insideCatalogue = (
  base: Catalogue,
  children: readonly (NodeDeclaration | undefined)[],
  definition: Definition,
): Catalogue => {
  const added = [...children, ...portDeclarations(definition)].flatMap((node) => node ?? []);
  return new Map([...base, ...added.map((node) => [node.type, node] as const)]);
};

/** The catalogue for the canvas inside a definition: that of the document and the two nodes of its ports. */
export function catalogueInside(document: Document, base: Catalogue, id: string): Catalogue {
  const all = documentCatalogue(document, base);
  const definition = own(document.definitions ?? {}, id);
  if (!definition) return all;
  const memory = memoryOf(all);
  const ports = portDeclarations(definition).map((node) => kept(memory, `${id} ${node.type}`, node));
  return extended(memory, id, all, ports);
}
