import { produce } from 'immer';
import type { Catalogue } from '../core/catalogue.ts';
import { UserError } from '../core/errors.ts';
import { isWidget, type Widget } from '../core/inputs.ts';
import { own } from '../core/own.ts';
import { readWidget } from '../core/widget-values.ts';
import { parseUntrustedJson } from './json.ts';
import type { Document, DocumentNode } from './schema.ts';

/** A widget's value as a document holds it. */
export type WidgetJson = DocumentNode['inputs'][string];

const booleans = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['no', false],
  ['off', false],
]);

/** What is no number stays text, for the widget to refuse. */
const parseNumber = (text: string): number | string => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : text;
};

/** A widget's value from text as typed on a command line; lists are separated by commas, curves and rows are JSON. */
export function parseText(widget: Widget, text: string): WidgetJson {
  switch (widget.kind) {
    case 'int':
    case 'float':
      return parseNumber(text);
    case 'boolean':
      return booleans.get(text.trim().toLowerCase()) ?? text;
    case 'numbers':
      return text.trim() === '' ? [] : text.split(',').map(parseNumber);
    case 'seeds':
      return text.split(',').map((item) => item.trim());
    case 'seed':
      return text.trim();
    case 'curve':
    case 'list':
      return parseUntrustedJson(text) as WidgetJson;
    case 'text':
    case 'choice':
    case 'file':
    case 'target':
      return text;
  }
}

/** Finds a node by id, or by type or title where only one has it. */
function findNode(document: Document, catalogue: Catalogue, name: string): string {
  if (Object.hasOwn(document.nodes, name)) return name;
  const matches = Object.entries(document.nodes).filter(
    ([, node]) =>
      node.type === name ||
      (node.title ?? catalogue.get(node.type)?.title)?.toLowerCase() === name.toLowerCase(),
  );
  const [match] = matches;
  if (matches.length === 1 && match) return match[0];
  throw new UserError(
    matches.length > 1
      ? `“${name}” fits ${matches.length} nodes: ${matches.map(([id]) => id).join(', ')}.`
      : `This workflow has no node “${name}”.`,
    { hint: `Its nodes are: ${Object.keys(document.nodes).slice(0, 40).join(', ')}.` },
  );
}

/**
 * Sets an input from a text of the form `node.input=value`.
 * @throws UserError naming the node, the input and what would fit.
 */
export function applyOverride(document: Document, catalogue: Catalogue, override: string): Document {
  const match = /^([^=]+)\.([^.=]+)=(.*)$/s.exec(override);
  const [, name, input, text] = match ?? [];
  if (name === undefined || input === undefined || text === undefined)
    throw new UserError(`“${override}” is not of the form node.input=value.`);
  const id = findNode(document, catalogue, name);
  const definition = catalogue.get(own(document.nodes, id)?.type ?? '');
  if (!definition) throw new UserError(`Node ${id} is of an unknown type; its inputs cannot be set.`);
  const widget = own(definition.inputs, input);
  if (!widget || !isWidget(widget))
    throw new UserError(`“${definition.title}” (${id}) has no value called ${input}.`, {
      hint: `It has: ${Object.entries(definition.inputs)
        .flatMap(([other, declared]) => (isWidget(declared) ? [other] : []))
        .join(', ')}.`,
    });
  const value = parseText(widget, text);
  const result = readWidget(widget, value);
  if (!result.ok)
    throw new UserError(`${input} of ${id} cannot be “${text.slice(0, 80)}”: ${result.reason}.`);
  return withInput(document, id, input, value);
}

/** The document with a value set by hand, which wins over a wire. */
export const withInput = (document: Document, id: string, input: string, value: WidgetJson): Document =>
  produce(document, (draft) => {
    const node = draft.nodes[id];
    if (node) node.inputs[input] = value;
    for (const [wire, { to }] of Object.entries(draft.wires))
      if (to[0] === id && to[1] === input) delete draft.wires[wire];
  });
