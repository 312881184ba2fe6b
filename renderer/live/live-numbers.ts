import type { Catalogue } from '../../nodes/core/catalogue.ts';
import { type FloatWidget, isWidget, type RowJson } from '../../nodes/core/inputs.ts';
import { own } from '../../nodes/core/own.ts';
import type { Document } from '../../nodes/document/schema.ts';
import type { LiveValue } from '../../nodes/graph/live-values.ts';

/** Where a live slider is: on a node, or in a row of one of its lists. */
export interface LiveNumber {
  /** The subgraph its node lies in. */
  readonly definition: string | undefined;
  readonly node: string;
  readonly input: string;
  readonly row?: { readonly index: number; readonly field: string } | undefined;
}

interface Found {
  readonly widget: FloatWidget;
  readonly value: number;
  /** The value of its input that holds another number there. */
  readonly withNumber: (number: number) => LiveValue;
}

type Graph = Pick<Document, 'nodes'>;

const graphOf = (document: Document, definition: string | undefined): Graph | undefined =>
  definition === undefined ? document : own(document.definitions ?? {}, definition);

const isLiveFloat = (widget: unknown): widget is FloatWidget =>
  (widget as FloatWidget).kind === 'float' && (widget as FloatWidget).live;

const rowsIn = (value: unknown): readonly RowJson[] => (Array.isArray(value) ? value : []);

/** The number a slider stands at; undefined where there is no such slider any more. */
export function findNumber(document: Document, kinds: Catalogue, at: LiveNumber): Found | undefined {
  const { definition, node: id, input, row } = at;
  const node = own(graphOf(document, definition)?.nodes ?? {}, id);
  const widget = node && own(kinds.get(node.type)?.inputs ?? {}, input);
  if (!widget || !isWidget(widget)) return undefined;
  const place = { ...(definition !== undefined && { definition }), node: id, input };
  const stored = own(node.inputs, input) ?? widget.default;
  if (row && widget.kind === 'list') {
    const rows = rowsIn(stored);
    const field = own(widget.item, row.field);
    const entry = rows[row.index];
    if (!entry || !field || !isLiveFloat(field)) return undefined;
    return {
      widget: field,
      value: Number(own(entry, row.field) ?? field.default),
      withNumber: (number) => ({
        ...place,
        value: rows.with(row.index, { ...entry, [row.field]: number }) as LiveValue['value'],
      }),
    };
  }
  if (row || !isLiveFloat(widget)) return undefined;
  return { widget, value: Number(stored), withNumber: (number) => ({ ...place, value: number }) };
}

/** Every live slider of a document, in the order of its nodes. */
export function liveNumbers(document: Document, kinds: Catalogue): LiveNumber[] {
  const graphs: [string | undefined, Graph][] = [
    [undefined, document],
    ...Object.entries(document.definitions ?? {}),
  ];
  return graphs.flatMap(([definition, { nodes }]) =>
    Object.entries(nodes).flatMap(([node, { type, inputs }]) =>
      Object.entries(kinds.get(type)?.inputs ?? {}).flatMap(([input, widget]): LiveNumber[] => {
        if (isLiveFloat(widget)) return [{ definition, node, input }];
        if (widget.kind !== 'list') return [];
        const fields = Object.keys(widget.item).filter((name) => isLiveFloat(widget.item[name]));
        return rowsIn(own(inputs, input) ?? widget.default).flatMap((_row, index) =>
          fields.map((field) => ({ definition, node, input, row: { index, field } })),
        );
      }),
    ),
  );
}

export const sameNumber = (a: LiveNumber, b: LiveNumber): boolean =>
  a.definition === b.definition &&
  a.node === b.node &&
  a.input === b.input &&
  a.row?.index === b.row?.index &&
  a.row?.field === b.row?.field;

/** Every live value of a document, as it is: numbers, curves, levels and lists with a live field. */
export function liveValuesOf(document: Document, kinds: Catalogue): LiveValue[] {
  const graphs: [string | undefined, Graph][] = [
    [undefined, document],
    ...Object.entries(document.definitions ?? {}),
  ];
  return graphs.flatMap(([definition, { nodes }]) =>
    Object.entries(nodes).flatMap(([node, { type, inputs }]) =>
      Object.entries(kinds.get(type)?.inputs ?? {}).flatMap(([input, widget]): LiveValue[] => {
        const isLive =
          ('live' in widget && widget.live) ||
          (widget.kind === 'list' && Object.values(widget.item).some(isLiveFloat));
        if (!isLive || !isWidget(widget)) return [];
        const value = (own(inputs, input) ?? widget.default) as LiveValue['value'];
        return [{ ...(definition !== undefined && { definition }), node, input, value }];
      }),
    ),
  );
}
