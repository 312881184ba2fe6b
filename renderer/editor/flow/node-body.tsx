import { ChevronDown, ChevronRight } from 'lucide-react';
import { memo } from 'react';
import { type NodeInput, type Widget, wireTypeOf } from '../../../nodes/core/inputs.ts';
import type { NodeDeclaration, NodeOutput } from '../../../nodes/core/node.ts';
import { own } from '../../../nodes/core/own.ts';
import { sockets } from '../../../nodes/core/sockets.ts';
import type { DocumentNode } from '../../../nodes/document/schema.ts';
import { INPUTS_NODE } from '../../../nodes/document/subgraph-types.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { inputType, outputType } from '../../../nodes/graph/types.ts';
import { useText } from '../../i18n/index.ts';
import { useNodeText } from '../../i18n/node-text.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { WidgetRow } from '../widgets/widget-row.tsx';
import { toggleUnfolded, useUnfolded } from './node-actions.ts';
import { rowsOf } from './node-rows.ts';
import { Socket } from './socket.tsx';
import { useGraph, useGraphShallow, useTab } from './tab-context.ts';
import { useIsInputBlamed, useOutputSummary } from './use-runtime.ts';
import { useSocketsMoved } from './use-sockets-moved.ts';

interface NodeBodyProps {
  readonly id: string;
  readonly node: DocumentNode;
  readonly declaration: NodeDeclaration;
}

/** Names of the inputs that a wire leads into, in a stable form. */
const useWired = (id: string): readonly string[] =>
  useGraphShallow((document) =>
    indexDocument(document)
      .incomingOf(id)
      .map(({ to }) => to[1]),
  );

/** The port through which an input is shown on the subgraph it is in. */
const useExposed = (id: string, name: string): string | undefined =>
  useGraph((document) => {
    const from = indexDocument(document).incoming(id, name)?.from;
    return from?.[0] === INPUTS_NODE ? from[1] : undefined;
  });

/** Sockets on the edges, then one row for each value. */
export const NodeBody = memo(function NodeBody({ id, node, declaration }: NodeBodyProps) {
  const t = useText();
  const tab = useTab();
  const wired = useWired(id);
  useSocketsMoved(id, wired.join(' '));
  const unfolded = useUnfolded(tab.id, id);
  const { wires, advancedWires, widgets, advancedWidgets } = rowsOf(declaration);
  const outputs = Object.entries(declaration.outputs);
  // What is folded away keeps its row while a wire leads there.
  const shownWires = [...wires, ...advancedWires.filter(([name]) => unfolded || wired.includes(name))];
  const shownWidgets = advancedWidgets.filter(([name]) => unfolded || wired.includes(name));
  const rows = Math.max(shownWires.length, outputs.length);
  const foldable = advancedWires.length + advancedWidgets.length > 0;
  const Caret = unfolded ? ChevronDown : ChevronRight;
  return (
    <div className="node-body" data-slider={hasLiveSlider(declaration) || undefined}>
      {Array.from({ length: rows }, (_, row) => {
        const [input, output] = [shownWires[row], outputs[row]];
        return (
          <div className="node-row" key={input?.[0] ?? `out ${output?.[0]}`}>
            {input && (
              <InputSocket
                id={id}
                name={input[0]}
                input={input[1]}
                declaration={declaration}
                wired={wired.includes(input[0])}
              />
            )}
            {output && <OutputSocket id={id} name={output[0]} output={output[1]} declaration={declaration} />}
          </div>
        );
      })}
      {rows > 0 && widgets.length > 0 && <div className="h-1" />}
      {widgets.map(([name, widget]) => (
        <WidgetLine
          key={name}
          id={id}
          name={name}
          widget={widget}
          node={node}
          declaration={declaration}
          wired={wired.includes(name)}
        />
      ))}
      {foldable && (
        <button
          type="button"
          className="node-fold nodrag"
          aria-expanded={unfolded}
          onClick={() => toggleUnfolded(tab.id, id)}
        >
          <Caret size={12} />
          {t('node.advanced')}
        </button>
      )}
      {shownWidgets.map(([name, widget]) => (
        <WidgetLine
          key={name}
          id={id}
          name={name}
          widget={widget}
          node={node}
          declaration={declaration}
          wired={wired.includes(name)}
        />
      ))}
    </div>
  );
});

/** Live sliders get the room to be moved finely. */
const hasLiveSlider = ({ inputs }: NodeDeclaration): boolean =>
  Object.values(inputs).some((input) => input.kind === 'float' && input.slider && input.live);

interface SocketRowProps {
  readonly id: string;
  readonly name: string;
  readonly declaration: NodeDeclaration;
}

function InputSocket({
  id,
  name,
  input,
  declaration,
  wired,
}: SocketRowProps & { readonly input: Exclude<NodeInput, Widget>; readonly wired: boolean }) {
  const t = useText();
  const names = useNodeText();
  const catalogue = useCatalogue();
  const type = useGraph((document) =>
    input.kind === 'socket' ? input.type : inputType(document, catalogue, [id, name]),
  );
  const missing = useIsInputBlamed(id, name);
  const label = names.field(declaration, name);
  const kind = type ? names.socket(sockets[type].label) : undefined;
  return (
    <span
      className="node-input"
      data-in={name}
      data-missing={missing || undefined}
      data-optional={(input.optional && !wired) || undefined}
    >
      <Socket
        side="input"
        node={id}
        name={name}
        type={type}
        optional={input.optional && !wired}
        label={t('socket.input', { name: label })}
        hint={[
          kind && (input.optional ? t('socket.optional', { type: kind }) : kind),
          names.doc(declaration, name),
        ]
          .filter(Boolean)
          .join(' · ')}
      />
      {label}
    </span>
  );
}

function OutputSocket({ id, name, output, declaration }: SocketRowProps & { readonly output: NodeOutput }) {
  const t = useText();
  const names = useNodeText();
  const catalogue = useCatalogue();
  const type = useGraph((document) =>
    output.kind === 'socket' ? output.type : outputType(document, catalogue, [id, name]),
  );
  const summary = useOutputSummary(id, name);
  const label = names.field(declaration, name);
  return (
    <span className="node-output" data-out={name}>
      {label}
      <Socket
        side="output"
        node={id}
        name={name}
        type={type}
        label={t('socket.output', { name: label })}
        hint={summary ?? (type && names.socket(sockets[type].label))}
      />
    </span>
  );
}

interface WidgetLineProps extends SocketRowProps {
  readonly widget: Widget;
  readonly node: DocumentNode;
  readonly wired: boolean;
}

function WidgetLine({ id, name, widget, node, declaration, wired }: WidgetLineProps) {
  const t = useText();
  const names = useNodeText();
  const type = wireTypeOf(widget);
  const label = names.field(declaration, name);
  const exposed = useExposed(id, name);
  const hint = [
    exposed !== undefined && t('subgraph.exposed', { name: exposed }),
    names.doc(declaration, name),
  ]
    .filter(Boolean)
    .join(' · ');
  return (
    <div
      className="node-widget"
      data-exposed={exposed !== undefined || undefined}
      data-live={('live' in widget && widget.live) || undefined}
    >
      {(type || exposed !== undefined) && (
        <Socket
          side="input"
          node={id}
          name={name}
          type={type}
          optional={!wired}
          label={t('socket.input', { name: label })}
          hint={type && names.socket(sockets[type].label)}
        />
      )}
      <WidgetRow
        node={id}
        name={name}
        label={label}
        hint={hint || undefined}
        widget={widget}
        value={own(node.inputs, name) ?? (widget.default as DocumentNode['inputs'][string])}
        wired={wired && exposed === undefined}
      />
    </div>
  );
}
