import type { Choice } from '../../nodes/core/inputs.ts';
import type { NodeDeclaration } from '../../nodes/core/node.ts';
import { own } from '../../nodes/core/own.ts';
import { type Language, useLanguage } from './index.ts';
import { nodeWords } from './messages/nodes.ts';

/** Names of kinds of node, their inputs and groups, as the chosen language says them. */
export interface NodeText {
  title(declaration: NodeDeclaration): string;
  /** An input or output, by its name for ever. */
  field(declaration: NodeDeclaration | undefined, name: string): string;
  group(name: string): string;
  /** What a kind of node or an input is for. */
  doc(declaration: NodeDeclaration, input?: string): string | undefined;
  /** What an option of a choice is for. */
  option(declaration: NodeDeclaration | undefined, input: string, option: Choice): string | undefined;
  socket(label: string): string;
}

const spaced = (name: string): string => name.replaceAll('_', ' ');
/** What people called a port of a subgraph. */
const labelOf = (declaration: NodeDeclaration | undefined, name: string): string | undefined =>
  own(declaration?.inputs ?? {}, name)?.label ?? own(declaration?.outputs ?? {}, name)?.label;
/** Ports of one name are told apart by a number. */
const withoutNumber = (name: string): string => name.replace(/_\d+$/, '');

const english: NodeText = {
  title: ({ title }) => title,
  field: (declaration, name) => labelOf(declaration, name) ?? spaced(name),
  group: (name) => name,
  doc: (declaration, input) => (input === undefined ? declaration.doc : declaration.inputs[input]?.doc),
  option: (_declaration, _input, { doc }) => doc,
  socket: (label) => label,
};

const chinese: NodeText = {
  title: ({ type, title }) => nodeWords.titles[type] ?? title,
  field: (declaration, name) =>
    labelOf(declaration, name) ??
    nodeWords.fields[`${declaration?.type} ${name}`] ??
    nodeWords.fields[name] ??
    nodeWords.fields[withoutNumber(name)] ??
    spaced(name),
  group: (name) => nodeWords.groups[name] ?? name,
  doc: (declaration, input) =>
    input === undefined
      ? (nodeWords.docs[declaration.type] ?? declaration.doc)
      : (nodeWords.docs[`${declaration.type} ${input}`] ?? declaration.inputs[input]?.doc),
  option: (declaration, input, { value, doc }) =>
    doc && (nodeWords.docs[`${declaration?.type} ${input}=${value}`] ?? doc),
  socket: (label) => nodeWords.sockets[label] ?? label,
};

const byLanguage: Readonly<Record<Language, NodeText>> = { en: english, zh: chinese };

export const useNodeText = (): NodeText => byLanguage[useLanguage()];
