import type { Document } from '../../nodes/document/schema.ts';

/** The document with its nodes side by side, so that all can be clicked. */
export const spread = (document: Document): Document => ({
  ...document,
  nodes: Object.fromEntries(
    Object.entries(document.nodes).map(([id, node], i) => [
      id,
      { ...node, at: [(i % 4) * 340, Math.floor(i / 4) * 420] as [number, number] },
    ]),
  ),
});
