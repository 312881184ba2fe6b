import { isWidget, wireTypeOf } from '../../../nodes/core/inputs.ts';
import type { NodeDeclaration } from '../../../nodes/core/node.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { Socket } from './socket.tsx';
import { useGraphShallow } from './tab-context.ts';

/** A collapsed node's sockets, all at the middle of its header so that its wires still arrive. */
export function CollapsedSockets({
  id,
  declaration,
}: {
  readonly id: string;
  readonly declaration: NodeDeclaration | undefined;
}) {
  const ends = useGraphShallow((document) => {
    const index = indexDocument(document);
    return [
      ...index.incomingOf(id).map(({ to }) => `input ${to[1]}`),
      ...index.outgoingOf(id).map(({ from }) => `output ${from[1]}`),
    ];
  });
  const wiredInputs = ends.flatMap((end) => (end.startsWith('input ') ? [end.slice(6)] : []));
  const wiredOutputs = ends.flatMap((end) => (end.startsWith('output ') ? [end.slice(7)] : []));
  const typeOfInput = (name: string) => {
    const input = declaration?.inputs[name];
    if (!input) return undefined;
    return isWidget(input) ? wireTypeOf(input) : input.kind === 'socket' ? input.type : undefined;
  };
  const typeOfOutput = (name: string) => {
    const output = declaration?.outputs[name];
    return output?.kind === 'socket' ? output.type : undefined;
  };
  return (
    <div className="node-collapsed">
      {[...new Set(wiredInputs)].map((name) => (
        <Socket key={`in ${name}`} side="input" node={id} name={name} type={typeOfInput(name)} label={name} />
      ))}
      {[...new Set(wiredOutputs)].map((name) => (
        <Socket
          key={`out ${name}`}
          side="output"
          node={id}
          name={name}
          type={typeOfOutput(name)}
          label={name}
        />
      ))}
    </div>
  );
}
