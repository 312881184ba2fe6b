import { useMemo } from 'react';
import type { TargetWidget } from '../../../nodes/core/inputs.ts';
import type { Document } from '../../../nodes/document/schema.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { type SweepTarget, sweepTargets, targetName } from '../../../nodes/graph/sweep-axis.ts';
import { useText } from '../../i18n/index.ts';
import { useNodeText } from '../../i18n/node-text.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { useGraph } from '../flow/tab-context.ts';
import { Combo } from './combo.tsx';
import type { WidgetProps } from './widget-props.ts';

const isNumber = ({ widget }: SweepTarget): boolean => widget.kind === 'int' || widget.kind === 'float';
const isLive = ({ widget }: SweepTarget): boolean => widget.kind === 'float' && widget.live;

/** Everything that feeds a node, the nearest first. */
function nodesBefore(graph: Document, node: string): readonly string[] {
  const index = indexDocument(graph);
  const found = new Set<string>();
  const pending = [node];
  for (let at = pending.shift(); at !== undefined; at = pending.shift())
    for (const { from } of index.incomingOf(at))
      if (!found.has(from[0])) {
        found.add(from[0]);
        pending.push(from[0]);
      }
  return [...found];
}

/** An input of a node that leads to this one, by the names people see. Strengths come first. */
export function TargetField({ widget, value, set, label, node }: WidgetProps<TargetWidget>) {
  const t = useText();
  const names = useNodeText();
  const catalogue = useCatalogue();
  const graph = useGraph((all) => all);
  const targets = useMemo(
    () =>
      nodesBefore(graph, node)
        .flatMap((id) => sweepTargets(graph, catalogue, id))
        .filter((target) => !widget.numeric || isNumber(target))
        .toSorted((a, b) => Number(isLive(b)) - Number(isLive(a))),
    [graph, catalogue, node, widget.numeric],
  );
  const current = String(value ?? '');
  const options = targets.map((target) => {
    const placed = graph.nodes[target.node];
    const declaration = placed && catalogue.get(placed.type);
    const nodeTitle = placed?.title ?? (declaration ? names.title(declaration) : target.node);
    const field = [
      names.field(declaration, target.input),
      ...(target.row ? [`${target.row.index}`, names.field(declaration, target.row.field)] : []),
    ].join(' ');
    return { value: targetName(target), title: `${nodeTitle} · ${field}`, hint: target.node };
  });
  const isKnown = current === '' || options.some((option) => option.value === current);
  return (
    <Combo
      label={label}
      value={current}
      bad={!isKnown}
      empty={t('widget.no-targets')}
      options={[
        { value: '', title: t('widget.no-file') },
        ...options,
        ...(isKnown ? [] : [{ value: current, hint: t('widget.target-missing') }]),
      ]}
      onChange={set}
    />
  );
}
