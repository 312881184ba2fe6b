import { isWidget, type NodeInput, type Widget } from '../../../nodes/core/inputs.ts';
import type { NodeDeclaration } from '../../../nodes/core/node.ts';

export interface NodeRows {
  /** Inputs that are wires only. */
  readonly wires: readonly (readonly [string, Exclude<NodeInput, Widget>])[];
  readonly widgets: readonly (readonly [string, Widget])[];
  readonly advancedWidgets: readonly (readonly [string, Widget])[];
  readonly advancedWires: readonly (readonly [string, Exclude<NodeInput, Widget>])[];
}

const known = new WeakMap<NodeDeclaration, NodeRows>();

/** How the inputs of a kind of node are laid out; one object per kind. */
export function rowsOf(declaration: NodeDeclaration): NodeRows {
  const before = known.get(declaration);
  if (before) return before;
  const entries = Object.entries(declaration.inputs);
  const widgets = entries.flatMap(([name, input]) => (isWidget(input) ? [[name, input] as const] : []));
  const wires = entries.flatMap(([name, input]) => (isWidget(input) ? [] : [[name, input] as const]));
  const rows = {
    wires: wires.filter(([, { advanced }]) => !advanced),
    advancedWires: wires.filter(([, { advanced }]) => advanced),
    widgets: widgets.filter(([, { advanced }]) => !advanced),
    advancedWidgets: widgets.filter(([, { advanced }]) => advanced),
  };
  known.set(declaration, rows);
  return rows;
}

/** The hue of each group's nodes, borrowed from the wires they are about. */
export const groupInk: Readonly<Record<NodeDeclaration['group'], string>> = {
  Models: 'var(--socket-model)',
  Prompts: 'var(--socket-conditioning)',
  Latents: 'var(--socket-latent)',
  Sampling: 'var(--socket-sigmas)',
  Adapters: 'var(--socket-adapter)',
  Images: 'var(--socket-image)',
  Values: 'var(--socket-number)',
  Subgraphs: 'var(--k-accent)',
};
