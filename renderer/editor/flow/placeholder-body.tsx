import type { DocumentNode } from '../../../nodes/document/schema.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { useText } from '../../i18n/index.ts';
import { Socket } from './socket.tsx';
import { useGraphShallow } from './tab-context.ts';

/** A node of a kind nobody knows: inert, with the sockets its wires need and the values it carries. */
export function PlaceholderBody({ id, node }: { readonly id: string; readonly node: DocumentNode }) {
  const t = useText();
  const inputs = useGraphShallow((document) =>
    indexDocument(document)
      .incomingOf(id)
      .map(({ to }) => to[1]),
  );
  const outputs = useGraphShallow((document) => [
    ...new Set(
      indexDocument(document)
        .outgoingOf(id)
        .map(({ from }) => from[1]),
    ),
  ]);
  return (
    <div className="node-body">
      {Array.from({ length: Math.max(inputs.length, outputs.length) }, (_, row) => {
        const [input, output] = [inputs[row], outputs[row]];
        return (
          <div className="node-row" key={`${input} ${output}`}>
            {input !== undefined && (
              <span className="node-input">
                <Socket
                  side="input"
                  node={id}
                  name={input}
                  type={undefined}
                  label={t('socket.input', { name: input })}
                />
                {input}
              </span>
            )}
            {output !== undefined && (
              <span className="node-output">
                {output}
                <Socket
                  side="output"
                  node={id}
                  name={output}
                  type={undefined}
                  label={t('socket.output', { name: output })}
                />
              </span>
            )}
          </div>
        );
      })}
      <p className="px-3 py-1 text-faint">{t('node.unknown', { type: node.type })}</p>
      <dl className="node-values">
        {Object.entries(node.inputs).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
