import type { Catalogue } from '../../../nodes/core/catalogue.ts';
import { own } from '../../../nodes/core/own.ts';
import { accepts, type SocketType } from '../../../nodes/core/sockets.ts';
import { invalid, type Validity, valid } from '../../../nodes/core/validity.ts';
import type { Document, Endpoint } from '../../../nodes/document/schema.ts';
import { INPUTS_NODE, isPortNode, OUTPUTS_NODE } from '../../../nodes/document/subgraph-types.ts';
import { canConnect } from '../../../nodes/graph/connect.ts';
import { definitionOf } from '../../../nodes/graph/lookup.ts';
import { inputType, outputType } from '../../../nodes/graph/types.ts';
import { text } from '../../i18n/index.ts';
import type { DocumentStore } from '../../state/document-store.ts';
import type { LooseWire } from '../../state/overlay-store.ts';
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

/** Both ends of the wire that would join a loose end to a socket of the other side. */
export const endsOf = (
  { end, side }: LooseWire,
  other: Endpoint,
): { readonly from: Endpoint; readonly to: Endpoint } =>
  side === 'output' ? { from: end, to: other } : { from: other, to: end };

/** Types that are not known are no hindrance. */
export const typesMayFit = (from: SocketType | undefined, to: SocketType | undefined): boolean =>
  !from || !to || accepts(to, from);

/** Every socket a loose wire may end at. */
export function fittingEnds(document: Document, catalogue: Catalogue, loose: LooseWire): Endpoint[] {
  const fits: Endpoint[] = [];
  const ownType =
    loose.side === 'output'
      ? outputType(document, catalogue, loose.end)
      : inputType(document, catalogue, loose.end);
  for (const [node, { type }] of Object.entries(document.nodes)) {
    const declaration = catalogue.get(type);
    if (!declaration || node === loose.end[0]) continue;
    const names = Object.keys(loose.side === 'output' ? declaration.inputs : declaration.outputs);
    if (isPortNode(node)) names.push(NEW_PORT);
    for (const name of names) {
      const other: Endpoint = [node, name];
      // Types are known at once; whether a loop would close is asked only where they fit.
      const mayFit =
        loose.side === 'output'
          ? typesMayFit(
              ownType,
              declaration.inputs[name]?.kind === 'variable'
                ? undefined
                : inputType(document, catalogue, other),
            )
          : typesMayFit(outputType(document, catalogue, other), ownType);
      if (!mayFit) continue;
      const { from, to } = endsOf(loose, other);
      if (canJoin(document, catalogue, from, to).ok) fits.push(other);
    }
  }
  return fits;
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
