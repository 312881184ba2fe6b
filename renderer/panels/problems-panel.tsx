import { CircleAlert, CircleX, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import type { Catalogue } from '../../nodes/core/catalogue.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { nodeAtPath } from '../../nodes/graph/inside-instance.ts';
import { showNode } from '../editor/show-node.ts';
import { useEngineText } from '../i18n/engine-text.ts';
import { useText } from '../i18n/index.ts';
import { useNodeText } from '../i18n/node-text.ts';
import type { FileUse } from '../models/document-files.ts';
import { useMissingFiles } from '../models/missing-files.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import type { Problem } from '../state/problem.ts';
import { emptyRuntime, type TabRuntime, useTabRuntime } from '../state/runtime-store.ts';
import { useActiveDocument, useActiveTab } from '../state/workspace.ts';
import type { Panel } from './panel.ts';
import { ChooseFile, RemoveNode } from './remedies.tsx';

/** What keeps the document from running and what failed when it ran. */
const problemsIn = ({ problems, nodes }: TabRuntime): Problem[] => [
  ...Object.entries(nodes).flatMap(([node, { error }]): Problem[] =>
    error
      ? [{ severity: 'error', node, message: error.message, ...(error.hint && { hint: error.hint }) }]
      : [],
  ),
  ...problems,
];

/**
 * Whether what was found while opening is still to be told: what was mended, and a node that cannot run
 * as long as it is there. The engine speaks of it again only where it is in the way of a run.
 */
const isStanding = (
  { severity, node }: Problem,
  document: Document,
  { problems }: Pick<TabRuntime, 'problems'>,
): boolean =>
  severity === 'warning' ||
  (node !== undefined &&
    nodeAtPath(document, node) !== undefined &&
    !problems.some((problem) => problem.node === node));

/** A problem with what can be done about it at once. */
interface Listed extends Problem {
  readonly file?: FileUse;
}

/** The files that are missing, as problems of the nodes that name them. */
function useFileProblems(): readonly Listed[] {
  const t = useText();
  const missing = useMissingFiles();
  return useMemo(
    () =>
      missing.map((file) => ({
        severity: 'error',
        ...(file.definition === undefined && { node: file.node }),
        input: file.input,
        message: t('models.missing', { kind: t(`models.kind-word.${file.kind}`), name: file.name }),
        hint: t('models.missing-hint'),
        file,
      })),
    [missing, t],
  );
}

/** The file input a problem is about, where it is about one. */
function fileOf(
  { node, input, file }: Listed,
  nodes: Document['nodes'],
  catalogue: Catalogue,
): FileUse | undefined {
  if (file || node === undefined || input === undefined) return file;
  const held = nodes[node];
  const declared = held && catalogue.get(held.type)?.inputs[input];
  return declared?.kind === 'file'
    ? { node, input, kind: declared.fileKind, name: String(held?.inputs[input] ?? '') }
    : undefined;
}

/** Problems by node, each with a way there and, where there is one, a remedy. */
function ProblemsPanel() {
  const t = useText();
  const names = useNodeText();
  const engine = useEngineText();
  const tab = useActiveTab();
  const catalogue = useCatalogue();
  const document = useActiveDocument((state) => state.document);
  const { nodes } = document;
  const runtime = useTabRuntime(tab.id, (state) => state);
  const missing = useFileProblems();
  const groups = useMemo(() => {
    const byNode = new Map<string, Listed[]>();
    for (const problem of [
      ...missing,
      ...problemsIn(runtime),
      ...tab.opened.filter((problem) => isStanding(problem, document, runtime)),
    ])
      byNode.set(problem.node ?? '', [...(byNode.get(problem.node ?? '') ?? []), problem]);
    return [...byNode];
  }, [runtime, tab.opened, missing, document]);
  if (groups.length === 0) return <p className="p-4 text-dim">{t('problems.none')}</p>;
  const titleOf = (id: string) => {
    const node = nodeAtPath(document, id);
    if (!node) return id === '' ? t('problems.whole') : id;
    const declaration = catalogue.get(node.type);
    return node.title ?? (declaration ? names.title(declaration) : node.type);
  };
  return (
    <div className="flex flex-col gap-3 p-3">
      {groups.map(([id, problems]) => (
        <section key={id}>
          <h3 className="mb-1 flex items-center justify-between font-semibold">
            {titleOf(id)}
            {nodeAtPath(document, id) && (
              <button
                type="button"
                className="text-label font-normal text-accent"
                onClick={() => showNode(tab, id)}
              >
                {t('problems.go')}
              </button>
            )}
          </h3>
          <ul className="flex flex-col gap-2">
            {problems.map((problem) => {
              const { severity, message, hint, input } = engine.told(problem);
              const file = fileOf(problem, nodes, catalogue);
              return (
                <li key={`${input} ${message}`} className="flex gap-2">
                  {severity === 'error' ? (
                    <CircleX size={14} className="mt-0.5 shrink-0 text-bad" />
                  ) : (
                    <TriangleAlert size={14} className="mt-0.5 shrink-0 text-warn" />
                  )}
                  <span className="min-w-0 break-words select-text">
                    {message}
                    {hint && <span className="block text-dim">{hint}</span>}
                    {file && (
                      <span className="mt-1 block">
                        <ChooseFile use={file} />
                      </span>
                    )}
                  </span>
                </li>
              );
            })}
          </ul>
          {nodes[id] && !catalogue.get(nodes[id].type) && (
            <span className="mt-2 block pl-5.5">
              <RemoveNode node={id} />
            </span>
          )}
        </section>
      ))}
    </div>
  );
}

const useBadge = (): number => {
  const tab = useActiveTab();
  const missing = useMissingFiles().length;
  return useTabRuntime(tab.id, (runtime) =>
    runtime === emptyRuntime
      ? missing
      : missing + problemsIn(runtime).filter(({ severity }) => severity === 'error').length,
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
