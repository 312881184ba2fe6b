import { CircleAlert, CircleX, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { canvas } from '../editor/canvas-handle.ts';
import { useText } from '../i18n/index.ts';
import { useNodeText } from '../i18n/node-text.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { itemKey } from '../state/item-key.ts';
import type { Problem } from '../state/problem.ts';
import { emptyRuntime, type TabRuntime, useTabRuntime } from '../state/runtime-store.ts';
import { useActiveDocument, useActiveTab } from '../state/workspace.ts';
import type { Panel } from './panel.ts';

/** What keeps the document from running and what failed when it ran. */
const problemsIn = ({ problems, nodes }: TabRuntime): Problem[] => [
  ...Object.entries(nodes).flatMap(([node, { error }]): Problem[] =>
    error
      ? [{ severity: 'error', node, message: error.message, ...(error.hint && { hint: error.hint }) }]
      : [],
  ),
  ...problems,
];

/** Problems by node, each with a way there. */
function ProblemsPanel() {
  const t = useText();
  const names = useNodeText();
  const tab = useActiveTab();
  const catalogue = useCatalogue();
  const nodes = useActiveDocument(({ document }) => document.nodes);
  const runtime = useTabRuntime(tab.id, (state) => state);
  const groups = useMemo(() => {
    const byNode = new Map<string, Problem[]>();
    for (const problem of [
      ...problemsIn(runtime),
      ...tab.opened.filter(({ severity }) => severity === 'warning'),
    ])
      byNode.set(problem.node ?? '', [...(byNode.get(problem.node ?? '') ?? []), problem]);
    return [...byNode];
  }, [runtime, tab.opened]);
  if (groups.length === 0) return <p className="p-4 text-dim">{t('problems.none')}</p>;
  const titleOf = (id: string) => {
    const node = nodes[id];
    if (!node) return id === '' ? t('problems.whole') : id;
    const declaration = catalogue.get(node.type);
    return node.title ?? (declaration ? names.title(declaration) : node.type);
  };
  const show = (id: string) => {
    const key = itemKey('node', id);
    tab.store.select([key]);
    canvas()?.fit([key]);
  };
  return (
    <div className="flex flex-col gap-3 p-3">
      {groups.map(([id, problems]) => (
        <section key={id}>
          <h3 className="mb-1 flex items-center justify-between font-semibold">
            {titleOf(id)}
            {nodes[id] && (
              <button type="button" className="text-label font-normal text-accent" onClick={() => show(id)}>
                {t('problems.go')}
              </button>
            )}
          </h3>
          <ul className="flex flex-col gap-2">
            {problems.map(({ severity, message, hint, input }) => (
              <li key={`${input} ${message}`} className="flex gap-2">
                {severity === 'error' ? (
                  <CircleX size={14} className="mt-0.5 shrink-0 text-bad" />
                ) : (
                  <TriangleAlert size={14} className="mt-0.5 shrink-0 text-warn" />
                )}
                <span className="min-w-0 break-words select-text">
                  {message}
                  {hint && <span className="block text-dim">{hint}</span>}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

const useBadge = (): number => {
  const tab = useActiveTab();
  return useTabRuntime(tab.id, (runtime) =>
    runtime === emptyRuntime ? 0 : problemsIn(runtime).filter(({ severity }) => severity === 'error').length,
  );
};

export const problemsPanel: Panel = {
  id: 'problems',
  side: 'left',
  title: 'panel.problems',
  icon: CircleAlert,
  command: 'view.problems',
  content: ProblemsPanel,
  useBadge,
};
