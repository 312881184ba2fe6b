import type { z } from 'zod';
import type { Catalogue } from '../core/catalogue.ts';
import { UserError } from '../core/errors.ts';
import type { NodeBehaviour, NodeDeclaration } from '../core/node.ts';
import { isRecord, parseUntrustedJson } from './json.ts';
import { migrateDocument, migrateNode } from './migrate.ts';
import type { Problem } from './problem.ts';
import { DOCUMENT_FORMAT, DOCUMENT_VERSION, type Document, LIMITS, zDocument } from './schema.ts';

export interface OpenedDocument {
  readonly document: Document;
  /** What was mended or cannot run; empty for a document that is fine. */
  readonly problems: readonly Problem[];
}

const sentence = (issue: z.core.$ZodIssue): string =>
  `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`;

/**
 * Opens the text of a `*.kronode.json`: limits, document migrations, node migrations, strict parse.
 * Unknown node types stay as they are and are reported; a file that is no workflow is refused.
 * @throws UserError in one sentence.
 */
export function openDocument(
  text: string,
  catalogue: Catalogue<NodeDeclaration & NodeBehaviour>,
): OpenedDocument {
  return openDocumentValue(parseUntrustedJson(text), catalogue);
}

/** As {@link openDocument}, from parsed JSON. */
export function openDocumentValue(
  json: unknown,
  catalogue: Catalogue<NodeDeclaration & NodeBehaviour>,
): OpenedDocument {
  if (!isRecord(json) || json.format !== DOCUMENT_FORMAT)
    throw new UserError('This is JSON, but not a Kronode workflow.', {
      hint: `A Kronode workflow has "format": "${DOCUMENT_FORMAT}".`,
    });
  const version = json.version;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw new UserError('The workflow does not say which version of the format it is written in.');
  if (version > DOCUMENT_VERSION)
    throw new UserError(
      `This workflow was made with a newer Kronode (format ${version}, this one reads up to ${DOCUMENT_VERSION}).`,
      { hint: 'Update Kronode to open it.' },
    );
  const { nodes, wires } = json;
  if (isRecord(nodes) && Object.keys(nodes).length > LIMITS.nodes)
    throw new UserError(`The workflow has more than ${LIMITS.nodes} nodes.`);
  if (isRecord(wires) && Object.keys(wires).length > LIMITS.wires)
    throw new UserError(`The workflow has more than ${LIMITS.wires} wires.`);

  const parsed = zDocument.safeParse(migrateDocument(json));
  if (!parsed.success) {
    const [first, ...more] = parsed.error.issues;
    throw new UserError(
      `The workflow is damaged at ${first ? sentence(first) : 'an unknown place'}` +
        `${more.length > 0 ? ` (and ${more.length} more)` : ''}.`,
    );
  }
  const problems: Problem[] = [];
  const migrated = Object.entries(parsed.data.nodes).map(([id, node]) => {
    const result = migrateNode(id, node, catalogue);
    problems.push(...result.problems);
    return [id, result.node] as const;
  });
  return { document: { ...parsed.data, nodes: Object.fromEntries(migrated) }, problems };
}

/** The text of a document as it is saved: keys in a fixed order, so that files compare well. */
export function serializeDocument(document: Document): string {
  const { $schema, format, version, meta, view, nodes, wires, frames, notes } = document;
  return `${JSON.stringify({ $schema, format, version, meta, view, nodes, wires, frames, notes }, null, 2)}\n`;
}
