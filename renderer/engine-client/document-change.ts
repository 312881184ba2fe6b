import type { Catalogue } from '../../nodes/core/catalogue.ts';
import type { Document } from '../../nodes/document/schema.ts';

/**
 * What a change means for a run: nothing (a node was moved, a frame renamed), only values that may
 * change while the graph runs, or something else.
 */
export function changeBetween(
  now: Document,
  before: Document,
  catalogue: Catalogue,
): 'none' | 'live' | 'other' {
  const ids = Object.keys(now.nodes);
  if (now.wires !== before.wires || ids.length !== Object.keys(before.nodes).length) return 'other';
  let isLive = false;
  for (const id of ids) {
    const [node, old] = [now.nodes[id], before.nodes[id]];
    if (node === old) continue;
    if (!node || !old || node.mode !== old.mode || node.type !== old.type) return 'other';
    if (node.inputs === old.inputs) continue;
    const declared = catalogue.get(node.type)?.inputs ?? {};
    for (const name of new Set([...Object.keys(node.inputs), ...Object.keys(old.inputs)])) {
      if (node.inputs[name] === old.inputs[name]) continue;
      const input = declared[name];
      if (input?.kind !== 'float' || !input.live) return 'other';
      isLive = true;
    }
  }
  return isLive ? 'live' : 'none';
}
