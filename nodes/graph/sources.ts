import type { Catalogue } from '../core/catalogue.ts';
import { accepts } from '../core/sockets.ts';
import type { Document, Endpoint } from '../document/schema.ts';
import { indexDocument } from './document-index.ts';
import { inputType, outputType } from './types.ts';

/** Where an input's value comes from, muted and bypassed nodes taken into account. */
export type Source =
  | { readonly kind: 'output'; readonly from: Endpoint }
  /** No wire, or a bypassed node that has nothing to pass on. */
  | { readonly kind: 'none' }
  /** The wire comes from a node that is switched off. */
  | { readonly kind: 'muted'; readonly node: string };

/** Follows the wire into an input back through bypassed nodes. */
export function sourceOf(document: Document, catalogue: Catalogue, to: Endpoint): Source {
  const index = indexDocument(document);
  const passed = new Set<string>();
  let link = index.incoming(to[0], to[1]);
  while (link) {
    const [id] = link.from;
    const node = document.nodes[id];
    if (node?.mode === 'mute') return { kind: 'muted', node: id };
    if (node?.mode !== 'bypass') return { kind: 'output', from: link.from };
    if (passed.has(id)) return { kind: 'none' };
    passed.add(id);
    const wanted = outputType(document, catalogue, link.from);
    const through = Object.keys(catalogue.get(node.type)?.inputs ?? {}).find((name) => {
      const type = inputType(document, catalogue, [id, name]);
      return type && wanted && accepts(wanted, type) && index.incoming(id, name);
    });
    link = through === undefined ? undefined : index.incoming(id, through);
  }
  return { kind: 'none' };
}
