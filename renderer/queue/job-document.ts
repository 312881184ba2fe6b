import { useEffect, useState } from 'react';
import type { Document } from '../../nodes/document/schema.ts';
import { nodeAtPath } from '../../nodes/graph/inside-instance.ts';
import type { JobSummary } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { showNode } from '../editor/show-node.ts';
import { useNodeText } from '../i18n/node-text.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { openTab, showTab } from '../state/workspace.ts';

/** Workflows of the jobs that were looked at last. */
const known = new Map<string, Promise<Document>>();
const KEPT = 20;

/** @throws UserError when the job was cleared. */
function documentOf(job: string): Promise<Document> {
  const document = known.get(job) ?? services().session.engine.call('queue/document', { job });
  known.set(job, document);
  document.catch(() => known.delete(job));
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return document;
}

/** The workflow of a job, once it is known. */
function useJobDocument(job: string | undefined): Document | undefined {
  const [found, setFound] = useState<{ readonly job: string; readonly document: Document }>();
  useEffect(() => {
    if (job === undefined) return;
    let isGone = false;
    documentOf(job).then(
      (document) => isGone || setFound({ job, document }),
      // A job that was cleared meanwhile has no nodes to name.
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [job]);
  return found?.job === job ? found?.document : undefined;
}

/** What the nodes of a job are called, by the id that runs know them by; empty while that is not known. */
export function useNodeTitles(job: string | undefined): (node: string) => string {
  const document = useJobDocument(job);
  const catalogue = useCatalogue();
  const names = useNodeText();
  return (id) => {
    const node = document && nodeAtPath(document, id);
    const declaration = node && catalogue.get(node.type);
    return node?.title ?? (declaration ? names.title(declaration) : (node?.type ?? ''));
  };
}

/** Opens the workflow of a job in a tab of its own. */
export async function openJob({ id }: JobSummary): Promise<void> {
  const document = await documentOf(id);
  openTab({ document, name: document.meta?.title });
  await services().session.adoptRuns();
}

/** Shows a node of a job: in the tab it was run from while it is there, otherwise in a new one. */
export async function showJobNode(job: JobSummary, node: string): Promise<void> {
  const tab = services().session.tabOfJob(job.id);
  if (tab && nodeAtPath(tab.store.document, node)) {
    showTab(tab.id);
    return showNode(tab, node);
  }
  const document = await documentOf(job.id);
  showNode(openTab({ document, name: document.meta?.title }), node);
}
