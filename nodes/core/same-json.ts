/** Do two JSON values say the same? The order of keys says nothing; a key that is undefined is not there. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => sameJson(item, b[i]))
    );
  const others = b as Readonly<Record<string, unknown>>;
  const entries = Object.entries(a).filter(([, value]) => value !== undefined);
  const count = Object.values(b).filter((value) => value !== undefined).length;
  return (
    entries.length === count &&
    entries.every(([key, value]) => Object.hasOwn(b, key) && sameJson(value, others[key]))
  );
}
