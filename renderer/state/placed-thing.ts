import { own } from '../../nodes/core/own.ts';
import type { Document, DocumentNode } from '../../nodes/document/schema.ts';
import { parseItemKey } from './item-key.ts';

/** A node, frame or note: whatever has a place on the canvas. */
export type PlacedThing = Pick<DocumentNode, 'at' | 'size' | 'color'>;

/** What a key stands for in a document; undefined for wires and for what is not there. */
export function placedThing(
  { nodes, frames = {}, notes = {} }: Document,
  key: string,
): PlacedThing | undefined {
  const { kind, id } = parseItemKey(key);
  switch (kind) {
    case 'node':
      return own(nodes, id);
    case 'frame':
      return own(frames, id);
    case 'note':
      return own(notes, id);
    case 'wire':
      return undefined;
  }
}
