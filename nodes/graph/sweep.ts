import type { Catalogue } from '../core/catalogue.ts';
import type { SweepAxis } from '../core/node.ts';
import { type WidgetJson, withInput } from '../document/overrides.ts';
import type { Problem } from '../document/problem.ts';
import type { Document } from '../document/schema.ts';
import { PATH_SEPARATOR } from './flatten.ts';
import { titleOf } from './lookup.ts';
import type { Plan } from './plan.ts';
import type { PlannableNode, PlannedNode, WiredInput } from './planned-node.ts';
import {
  type AxisValue,
  axisValues,
  findTarget,
  MAX_AXIS_VALUES,
  type SweepTarget,
  spread,
} from './sweep-axis.ts';

/** Cells of one sweep. */
const MAX_CELLS = 256;

/** The nodes of a plan, each after what feeds it. */
type Nodes<Node extends PlannableNode> = ReadonlyMap<string, PlannedNode<Node>>;

/** Cells are wired to their sweep as `cell 0`, `cell 1` and so on; no input of a node has a space in its name. */
export const CELL = 'cell ';

/**
 * Lays out the cells of every sweep in a plan: what they have in common is there once, what a changed
 * value reaches is there as a copy for each value. Which cell needs which copy follows from the wires,
 * so that a column or row shares all that its other axis does not touch.
 *
 * @param document what `base` is a plan of
 * @param plan plans another state of it up to one node of the unfolded graph
 */
export function expandSweeps<Node extends PlannableNode>(
  base: Plan<Node>,
  document: Document,
  plan: (document: Document, target: string) => Plan<Node>,
): Plan<Node> {
  if (![...base.nodes.values()].some(({ definition }) => definition.sweep)) return base;
  const layout = new Layout<Node>();
  const problems: Problem[] = [...base.problems];
  for (const planned of base.nodes.values()) {
    const { definition, node, id } = planned;
    const { sweep } = definition;
    const source = sweep && planned.wired[sweep.input];
    if (!sweep || !source) {
      layout.add(planned);
      continue;
    }
    const report = (message: string, input: string, hint: string) =>
      problems.push({
        severity: 'error',
        node: id,
        input,
        message: `“${titleOf(node, definition)}”: ${message}`,
        hint,
      });
    // A sweep in a subgraph varies what lies beside it there.
    const path = id.slice(0, id.lastIndexOf(PATH_SEPARATOR) + 1);
    const scope = path === '' ? document : base.graph;
    const axis = (wanted: SweepAxis) => readAxis(planned, wanted, scope, base.kinds, path, report);
    const columns = axis(sweep.columns);
    const rows = sweep.rows && axis(sweep.rows);
    if (columns === 'wrong' || rows === 'wrong') continue;
    if (!columns) {
      report('nothing is chosen to vary.', sweep.columns.target, 'Choose an input of the graph.');
      continue;
    }
    const cells = cellsOf(columns, rows);
    if (cells.length > MAX_CELLS) {
      report(
        `${cells.length} pictures are more than the ${MAX_CELLS} one sweep may make.`,
        sweep.columns.target,
        'Try fewer values.',
      );
      continue;
    }
    const { [sweep.input]: _whole, ...wired } = planned.wired;
    const cellWires: Record<string, WiredInput> = {};
    for (const [i, changes] of cells.entries()) {
      const changed = changes.reduce(apply, scope);
      const cell = plan(changed, source.from[0]);
      const wrong = wrongWith(cell, changes, base.problems);
      if (wrong) {
        problems.push({ ...wrong, node: wrong.node ?? id });
        break;
      }
      cellWires[CELL + i] = {
        ...source,
        from: [layout.addAll(cell.nodes, source.from[0]), source.from[1]],
      };
    }
    layout.add({
      ...planned,
      wired: { ...wired, ...cellWires },
      sweep: {
        columns: columns.values.map(({ label }) => label),
        rows: rows?.values.map(({ label }) => label) ?? [],
      },
    });
  }
  return {
    ...base,
    nodes: layout.reachedFrom(base.targets),
    targets: base.targets.filter((id) => layout.has(id)),
    problems,
  };
}

interface Axis {
  readonly target: SweepTarget;
  readonly values: readonly AxisValue[];
}

interface Change {
  readonly target: SweepTarget;
  readonly value: WidgetJson;
}

/** Undefined where the axis is not used. */
function readAxis(
  { values }: PlannedNode,
  axis: SweepAxis,
  document: Document,
  catalogue: Catalogue,
  path: string,
  report: (message: string, input: string, hint: string) => void,
): Axis | 'wrong' | undefined {
  const name = String(values[axis.target] ?? '');
  if (name === '') return undefined;
  const target = findTarget(document, catalogue, path + name);
  if (typeof target === 'string') {
    report(`${target}.`, axis.target, 'Choose another input to vary.');
    return 'wrong';
  }
  const found = axisValues(target, textOf(values, axis));
  if (typeof found !== 'string') return { target, values: found };
  report(
    `${found}.`,
    'values' in axis ? axis.values : axis.from,
    `Write 1 to ${MAX_AXIS_VALUES} values that fit.`,
  );
  return 'wrong';
}

function textOf(values: Readonly<Record<string, unknown>>, axis: SweepAxis): string {
  if ('values' in axis) return String(values[axis.values] ?? '');
  const [from, to, count] = [axis.from, axis.to, axis.count].map((input) => Number(values[input]));
  return spread(from ?? 0, to ?? 0, count ?? 0).join('\n');
}

/** The changes of every cell, row by row. */
function cellsOf(columns: Axis, rows: Axis | undefined): readonly (readonly Change[])[] {
  const across = columns.values.map(({ value }) => ({ target: columns.target, value }));
  if (!rows) return across.map((change) => [change]);
  return rows.values.flatMap(({ value }) => across.map((change) => [change, { target: rows.target, value }]));
}

/** The document with one value of a cell set. */
function apply(document: Document, { target: { node, input, row, widget }, value }: Change): Document {
  if (!row) return withInput(document, node, input, widget.kind === 'seeds' ? [value].flat() : value);
  const rows = document.nodes[node]?.inputs[input];
  if (!Array.isArray(rows)) return document;
  const changed = rows.map((item, i) =>
    i === row.index - 1 && typeof item === 'object' && item !== null && !Array.isArray(item)
      ? { ...item, [row.field]: value }
      : item,
  );
  return withInput(document, node, input, changed);
}

/** What keeps a cell from being computed. */
function wrongWith(
  { nodes, problems }: { readonly nodes: Nodes<PlannableNode>; readonly problems: readonly Problem[] },
  changes: readonly Change[],
  known: readonly Problem[],
): Problem | undefined {
  const inner = [...nodes.values()].find(({ definition }) => definition.sweep);
  if (inner)
    return {
      severity: 'error',
      message: `“${titleOf(inner.node, inner.definition)}” lies inside another sweep.`,
      hint: 'Give the outer sweep a picture that is made without the inner one.',
    };
  const ids = [...nodes.keys()];
  const isPart = ({ target }: Change) =>
    ids.some((id) => id === target.node || id.startsWith(target.node + PATH_SEPARATOR));
  const unused = changes.find((change) => !isPart(change));
  if (unused)
    return {
      severity: 'error',
      message: `${unused.target.title} has no part in the picture this sweep is given.`,
      hint: 'Vary an input of a node that leads to it.',
    };
  const isKnown = (problem: Problem) => known.some(({ message }) => message === problem.message);
  return problems.find((problem) => problem.severity === 'error' && !isKnown(problem));
}

/** Planned nodes by what they compute: the same values fed by the same nodes are one node. */
class Layout<Node extends PlannableNode> {
  readonly #nodes = new Map<string, PlannedNode<Node>>();
  readonly #ids = new Map<string, string>();
  readonly #copies = new Map<string, number>();

  has(id: string): boolean {
    return this.#nodes.has(id);
  }

  /** A node of the base plan, under its own id. */
  add(planned: PlannedNode<Node>): void {
    this.#ids.set(signatureOf(planned, planned.wired), planned.id);
    this.#nodes.set(planned.id, planned);
  }

  /** The nodes of a cell's plan, as far as they are not there yet; gives the place of `target`. */
  addAll(nodes: Nodes<Node>, target: string): string {
    const places = new Map<string, string>();
    for (const planned of nodes.values()) {
      const wired = Object.fromEntries(
        Object.entries(planned.wired).map(([name, wire]) => [
          name,
          { ...wire, from: [places.get(wire.from[0]) ?? wire.from[0], wire.from[1]] } satisfies WiredInput,
        ]),
      );
      const signature = signatureOf(planned, wired);
      const known = this.#ids.get(signature);
      places.set(planned.id, known ?? this.#copy(planned, wired, signature));
    }
    return places.get(target) ?? target;
  }

  #copy(planned: PlannedNode<Node>, wired: PlannedNode['wired'], signature: string): string {
    const number = (this.#copies.get(planned.id) ?? 0) + 1;
    this.#copies.set(planned.id, number);
    // Ids of a document hold no ~.
    const id = `${planned.id}~${number}`;
    this.#ids.set(signature, id);
    this.#nodes.set(id, { ...planned, id, copyOf: planned.id, wired });
    return id;
  }

  /** What the targets need, each after what feeds it. */
  reachedFrom(targets: readonly string[]): Nodes<Node> {
    const reached = new Set<string>();
    const pending = [...targets];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      const planned = this.#nodes.get(id);
      if (!planned || reached.has(id)) continue;
      reached.add(id);
      for (const { from } of Object.values(planned.wired)) pending.push(from[0]);
    }
    return new Map([...this.#nodes].filter(([id]) => reached.has(id)));
  }
}

const signatureOf = ({ id, values }: PlannedNode, wired: PlannedNode['wired']): string =>
  JSON.stringify(
    [id, values, Object.entries(wired).map(([name, { from }]) => [name, ...from])],
    (_, value) => (typeof value === 'bigint' ? `${value}n` : value),
  );
