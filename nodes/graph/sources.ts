import type { Catalogue } from '../core/catalogue.ts';
import { accepts } from '../core/sockets.ts';
import type { Document, Endpoint } from '../document/schema.ts';
import { indexDocument, type Link } from './document-index.ts';
import { definitionOf, nodeOf } from './lookup.ts';
import { inputType, outputType } from './types.ts';

/** Where an input's value comes from, muted and bypassed nodes taken into account. */
export type Source =
  | { readonly kind: 'output'; readonly from: Endpoint }
  /** No wire, or a bypassed node that has nothing to pass on. */
  | { readonly kind: 'none' }
  /** The wire comes from a node that is switched off. */
  | { readonly kind: 'muted'; readonly node: string };

const nothing: Source = { kind: 'none' };

interface Passages {
  readonly catalogue: Catalogue;
  readonly sources: Map<string, Source>;
}

/** What came out of following bypassed nodes; documents are immutable, so each is followed once. */
const passages = new WeakMap<Document, Passages>();

/** Follows the wire into an input back through bypassed nodes. */
export function sourceOf(document: Document, catalogue: Catalogue, to: Endpoint): Source {
  const link = indexDocument(document).incoming(to[0], to[1]);
  if (!link) return nothing;
  return sourceAt(document, link) ?? followBypass(document, catalogue, link);
}

/** The source a wire starts at, or undefined where a bypassed node only passes on. */
function sourceAt(document: Document, { from }: Link): Source | undefined {
  const mode = nodeOf(document, from[0])?.mode;
  if (mode === 'mute') return { kind: 'muted', node: from[0] };
  return mode === 'bypass' ? undefined : { kind: 'output', from };
}

function followBypass(document: Document, catalogue: Catalogue, start: Link): Source {
  let known = passages.get(document);
  if (known?.catalogue !== catalogue) {
    known = { catalogue, sources: new Map() };
    passages.set(document, known);
  }
  const { sources } = known;
  const passed = new Set<string>();
  let source: Source | undefined;
  for (let link: Link | undefined = start; link && !source; ) {
    const output = link.from.join(' ');
    // A ring of bypassed nodes has no source.
    if (passed.has(output)) break;
    passed.add(output);
    source = sources.get(output);
    if (source) break;
    link = passedThrough(document, catalogue, link.from);
    source = link && sourceAt(document, link);
  }
  source ??= nothing;
  for (const output of passed) sources.set(output, source);
  return source;
}

/** The wire whose value a bypassed node hands to one of its outputs: into the first input that fits. */
function passedThrough(document: Document, catalogue: Catalogue, from: Endpoint): Link | undefined {
  const [id] = from;
  const wanted = outputType(document, catalogue, from);
  if (!wanted) return undefined;
  const index = indexDocument(document);
  for (const name of Object.keys(definitionOf(document, catalogue, id)?.inputs ?? {})) {
    const link = index.incoming(id, name);
    const type = link && inputType(document, catalogue, [id, name]);
    if (type && accepts(wanted, type)) return link;
  }
  return undefined;
}
