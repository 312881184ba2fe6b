import type { z } from 'zod';
import type { Catalogue } from '../core/catalogue.ts';
import { UserError } from '../core/errors.ts';
import type { NodeBehaviour, NodeDeclaration } from '../core/node.ts';
import { isRecord, parseUntrustedJson } from './json.ts';
import { mendWires } from './mend-wires.ts';
import { migrateDocument, migrateNode } from './migrate.ts';
import type { Problem } from './problem.ts';
import { DOCUMENT_FORMAT, DOCUMENT_VERSION, type Document, LIMITS, sections, zDocument } from './schema.ts';

export interface OpenedDocument {
  readonly document: Document;
  /** What was mended or cannot run; empty for a document that is fine. */
  readonly problems: readonly Problem[];
}

/** Names in a damaged file can be megabytes long or hold line breaks. */
const brief = (text: string): string => {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
};

/** @throws UserError saying where the first damage is. */
function refuseDamage({ issues: [issue] }: z.ZodError, path: readonly PropertyKey[] = []): never {
  const reason = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
  const where = [...path, ...(issue?.path ?? [])].map((key) => brief(String(key)).slice(0, 70)).join('.');
  throw new UserError(`The workflow is damaged at ${where || 'its top'}: ${brief(reason ?? 'unreadable')}.`);
}

/**
 * Looks at entries one at a time and stops at the first bad one: a file in which everything is wrong
 * must not fill the memory with complaints.
 */
function checkSections(json: Record<string, unknown>): void {
  for (const [name, schema] of Object.entries(sections)) {
    const section = json[name];
    if (!isRecord(section)) continue;
    const most = LIMITS[name as keyof typeof sections];
    if (Object.keys(section).length > most)
      throw new UserError(`The workflow has more than ${most} ${name}.`);
    for (const [id, entry] of Object.entries(section)) {
      const result = schema.safeParse(entry);
      if (!result.success) refuseDamage(result.error, [name, id]);
    }
  }
}

/**
 * Opens the text of a `*.kronode.json`: limits, document migrations, strict parse, node migrations.
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
  const current = migrateDocument(json);
  checkSections(current);
  const parsed = zDocument.safeParse(current);
  if (!parsed.success) refuseDamage(parsed.error);
  const problems: Problem[] = [];
  const migrated = Object.entries(parsed.data.nodes).map(([id, node]) => {
    const result = migrateNode(id, node, catalogue);
    problems.push(...result.problems);
    return [id, result.node] as const;
  });
  const { wires, problems: mended } = mendWires(parsed.data);
  problems.push(...mended);
  return { document: { ...parsed.data, nodes: Object.fromEntries(migrated), wires }, problems };
}

/** The text of a document as it is saved: keys in a fixed order, so that files compare well. */
export function serializeDocument(document: Document): string {
  const { $schema, format, version, meta, view, nodes, wires, frames, notes } = document;
  return `${JSON.stringify({ $schema, format, version, meta, view, nodes, wires, frames, notes }, null, 2)}\n`;
}
