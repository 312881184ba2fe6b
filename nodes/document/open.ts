import type { z } from 'zod';
import type { Catalogue } from '../core/catalogue.ts';
import { UserError } from '../core/errors.ts';
import type { NodeBehaviour, NodeDeclaration } from '../core/node.ts';
import { isRecord, parseUntrustedJson } from './json.ts';
import { mendWires } from './mend-wires.ts';
import { migrateDocument, migrateNode } from './migrate.ts';
import { checkNesting } from './nesting.ts';
import type { Problem } from './problem.ts';
import {
  type Definition,
  DOCUMENT_FORMAT,
  DOCUMENT_VERSION,
  type Document,
  LIMITS,
  sections,
  zDocument,
} from './schema.ts';
import { definitionIdOf, instanceDefinition } from './subgraph-types.ts';

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
function checkSections(json: Record<string, unknown>, path: readonly string[] = []): void {
  for (const [name, schema] of Object.entries(sections)) {
    const section = json[name];
    if (!isRecord(section)) continue;
    refuseTooMany(section, name as keyof typeof sections);
    for (const [id, entry] of Object.entries(section)) {
      const result = schema.safeParse(entry);
      if (!result.success) refuseDamage(result.error, [...path, name, id]);
    }
  }
}

function refuseTooMany(section: Record<string, unknown>, name: keyof typeof sections | 'definitions'): void {
  if (Object.keys(section).length > LIMITS[name])
    throw new UserError(`The workflow has more than ${LIMITS[name]} ${name}.`);
}

/** The graphs of the subgraphs, each looked at like the document's own. */
function checkDefinitions({ definitions }: Record<string, unknown>): void {
  if (!isRecord(definitions)) return;
  refuseTooMany(definitions, 'definitions');
  for (const [id, definition] of Object.entries(definitions))
    if (isRecord(definition)) checkSections(definition, ['definitions', id]);
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
  checkDefinitions(current);
  const parsed = zDocument.safeParse(current);
  if (!parsed.success) refuseDamage(parsed.error);
  const document = parsed.data;
  checkNesting(document);
  const problems: Problem[] = [];
  const lift = (graph: Document | Definition, within?: Definition, prefix = '') => {
    const located = (found: readonly Problem[]) =>
      problems.push(
        ...found.map((problem) => (problem.node ? { ...problem, node: prefix + problem.node } : problem)),
      );
    const nodes = Object.entries(graph.nodes).map(([id, node]) => {
      const result = migrateNode(id, node, catalogue, document);
      located(result.problems);
      return [id, result.node] as const;
    });
    const { wires, problems: mended } = mendWires(graph, document, within);
    located(mended);
    return { nodes: Object.fromEntries(nodes), wires };
  };
  const root = { ...document, ...lift(document) };
  if (!document.definitions) return { document: root, problems };
  const prefixes = instancePrefixes(document);
  const definitions = Object.entries(document.definitions).map(([id, definition]) => [
    id,
    { ...definition, ...lift(definition, definition, prefixes.get(id)) },
  ]);
  return { document: { ...root, definitions: Object.fromEntries(definitions) }, problems };
}

/** For each definition in use, the way to one of its instances: `outer/inner/`. */
function instancePrefixes(document: Document): ReadonlyMap<string, string> {
  const prefixes = new Map<string, string>();
  const pending: [Pick<Document, 'nodes'>, string][] = [[document, '']];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [graph, prefix] = next;
    for (const [id, node] of Object.entries(graph.nodes)) {
      const name = definitionIdOf(node);
      const definition = instanceDefinition(document, node);
      if (name === undefined || !definition || prefixes.has(name)) continue;
      prefixes.set(name, `${prefix}${id}/`);
      pending.push([definition, `${prefix}${id}/`]);
    }
  }
  return prefixes;
}

/** The text of a document as it is saved: keys in a fixed order, so that files compare well. */
export function serializeDocument(document: Document): string {
  const { $schema, format, version, meta, view, nodes, wires, frames, notes, definitions } = document;
  const ordered = { $schema, format, version, meta, view, nodes, wires, frames, notes, definitions };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}
