import { isWidget } from '../core/inputs.ts';
import type { NodeDeclaration } from '../core/node.ts';
import { readWidget } from '../core/widget-values.ts';
import type { DocumentNode } from '../document/schema.ts';

export interface WidgetReadings {
  /** What `run` would get, by input. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What is wrong with the others. */
  readonly refused: ReadonlyMap<string, string>;
}

const known = new WeakMap<DocumentNode, { readonly definition: NodeDeclaration } & WidgetReadings>();

/** All widget values of a node; nodes are immutable, so each state of one is read once. */
export function readWidgets(node: DocumentNode, definition: NodeDeclaration): WidgetReadings {
  const before = known.get(node);
  if (before?.definition === definition) return before;
  const values: Record<string, unknown> = {};
  const refused = new Map<string, string>();
  for (const [name, input] of Object.entries(definition.inputs)) {
    if (!isWidget(input)) continue;
    const raw = Object.hasOwn(node.inputs, name) ? node.inputs[name] : input.default;
    const result = readWidget(input, raw);
    if (result.ok) values[name] = result.value;
    else refused.set(name, `cannot be ${JSON.stringify(raw).slice(0, 80)}: ${result.reason}`);
  }
  const readings = { definition, values, refused };
  known.set(node, readings);
  return readings;
}
