import { own } from '../core/own.ts';
import type { Definition, Document, DocumentNode, Endpoint } from '../document/schema.ts';
import { INPUTS_NODE, instanceDefinition, isPortNode, OUTPUTS_NODE } from '../document/subgraph-types.ts';
import { indexDocument } from './document-index.ts';
import { PATH_SEPARATOR } from './flatten.ts';

/** A way into a document: the node at its end is `ids.join('/')` in the unfolded graph. */
type Place = Endpoint;

/**
 * The inner output that an output of an instance hands on, with the path to it; the end itself for a
 * node that is no instance. Undefined where nothing is wired to it inside.
 */
export function innerSource(document: Document, node: DocumentNode, [id, name]: Place): Place | undefined {
  const definition = instanceDefinition(document, node);
  if (!definition) return [id, name];
  const link = indexDocument(definition).incoming(OUTPUTS_NODE, name);
  const inner = link && own(definition.nodes, link.from[0]);
  if (!link || !inner || isPortNode(link.from[0])) return undefined;
  return innerSource(document, inner, [id + PATH_SEPARATOR + link.from[0], link.from[1]]);
}

/** The inner inputs that an input of an instance goes to, with the paths to them. */
export function innerTargets(document: Document, node: DocumentNode, [id, name]: Place): Place[] {
  const definition = instanceDefinition(document, node);
  if (!definition) return [[id, name]];
  return indexDocument(definition)
    .outgoingOf(INPUTS_NODE)
    .flatMap(({ from, to }) => {
      const inner = from[1] === name ? own(definition.nodes, to[0]) : undefined;
      return inner ? innerTargets(document, inner, [id + PATH_SEPARATOR + to[0], to[1]]) : [];
    });
}

/** The node at the end of a path (`outer/inner`), as it is in the document or in a definition. */
export function nodeAtPath(document: Document, path: string): DocumentNode | undefined {
  let graph: Pick<Document, 'nodes'> | undefined = document;
  let node: DocumentNode | undefined;
  for (const id of path.split(PATH_SEPARATOR)) {
    node = graph && own(graph.nodes, id);
    graph = node && instanceDefinition(document, node);
  }
  return node;
}

/** The document and each subgraph in use, with the way to one instance of it. */
export function graphsIn(
  document: Document,
): { readonly path: readonly string[]; readonly graph: Document | Definition }[] {
  const found: { readonly path: readonly string[]; readonly graph: Document | Definition }[] = [
    { path: [], graph: document },
  ];
  const seen = new Set<Definition>();
  // Grows while it is walked.
  for (const { path, graph } of found)
    for (const [id, node] of Object.entries(graph.nodes)) {
      const definition = instanceDefinition(document, node);
      if (!definition || seen.has(definition)) continue;
      seen.add(definition);
      found.push({ path: [...path, id], graph: definition });
    }
  return found;
}
