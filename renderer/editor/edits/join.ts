import type { Catalogue } from '../../../nodes/core/catalogue.ts';
import { own } from '../../../nodes/core/own.ts';
import { invalid, type Validity, valid } from '../../../nodes/core/validity.ts';
import type { Document, Endpoint } from '../../../nodes/document/schema.ts';
import { INPUTS_NODE, isPortNode, OUTPUTS_NODE } from '../../../nodes/document/subgraph-types.ts';
import { canConnect } from '../../../nodes/graph/connect.ts';
import { definitionOf } from '../../../nodes/graph/lookup.ts';
import { text } from '../../i18n/index.ts';
import type { DocumentStore } from '../../state/document-store.ts';
import { connect } from './nodes.ts';
import { exposeInput, exposeOutput } from './subgraph-ports.ts';

/** The socket of the nodes of the ports that makes a new one; no port can have this name from a wire. */
export const NEW_PORT = '+';

const isNewInput = ([node, name]: Endpoint) => node === INPUTS_NODE && name === NEW_PORT;
const isNewOutput = ([node, name]: Endpoint) => node === OUTPUTS_NODE && name === NEW_PORT;

/** As `canConnect`, and whether a wire may make a new port of a subgraph. */
export function canJoin(graph: Document, catalogue: Catalogue, from: Endpoint, to: Endpoint): Validity {
  if (isNewInput(from))
    return !isPortNode(to[0]) && own(definitionOf(graph, catalogue, to[0])?.inputs ?? {}, to[1])
      ? valid
      : invalid(text('subgraph.new-input-hint'));
  if (isNewOutput(to))
    return !isPortNode(from[0]) && own(definitionOf(graph, catalogue, from[0])?.outputs ?? {}, from[1])
      ? valid
      : invalid(text('subgraph.new-output-hint'));
  return canConnect(graph, catalogue, from, to);
}

/** Joins two ends as one step: a wire, or a new port and the wire to it. */
export function join(store: DocumentStore, from: Endpoint, to: Endpoint): void {
  const { definition } = store;
  if (definition !== undefined && isNewInput(from))
    store.editDocument(text('history.expose', { name: to[1] }), (draft) =>
      exposeInput(draft, definition, to),
    );
  else if (definition !== undefined && isNewOutput(to))
    store.editDocument(text('history.expose', { name: from[1] }), (draft) =>
      exposeOutput(draft, definition, from),
    );
  else store.edit(text('wire.connect'), (draft) => void connect(draft, from, to));
}
