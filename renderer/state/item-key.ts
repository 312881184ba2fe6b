/** Everything on a canvas that can be selected: its kind and its id within the document. */
export type ItemKind = 'node' | 'frame' | 'note' | 'wire';
export type ItemKey = `${ItemKind}:${string}`;

export const itemKey = (kind: ItemKind, id: string): ItemKey => `${kind}:${id}`;

export function parseItemKey(key: string): { readonly kind: ItemKind; readonly id: string } {
  const at = key.indexOf(':');
  return { kind: key.slice(0, at) as ItemKind, id: key.slice(at + 1) };
}

/** The ids of one kind among the given keys. */
export const idsOf = (keys: Iterable<ItemKey>, kind: ItemKind): string[] =>
  [...keys].flatMap((key) => (key.startsWith(`${kind}:`) ? [key.slice(kind.length + 1)] : []));
