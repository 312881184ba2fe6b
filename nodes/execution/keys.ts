import type { Plan, PlannedNode } from '../graph/plan.ts';

/** Identity of what a node computes: equal keys mean equal outputs. Only comparable within one table. */
export type Key = number;

const descriptions = new WeakMap<object, string>();

/** A node's own share of its key: type, version and widget values. */
export function describeNode(planned: PlannedNode): string {
  const known = descriptions.get(planned.values);
  if (known !== undefined) return known;
  const text = JSON.stringify(
    [planned.definition.type, planned.definition.version, planned.values],
    (_, value) => (typeof value === 'bigint' ? `${value}n` : value),
  );
  descriptions.set(planned.values, text);
  return text;
}

/**
 * Turns "this computation on those inputs" into a small number by interning its full description,
 * so keys never collide and a thousand nodes are keyed without hashing anything long twice.
 */
export class KeyTable {
  readonly #keys = new Map<string, Key>();
  #last = 0;

  /**
   * Keys of all planned nodes, in plan order. `fingerprints` tells, per node, the state of the files
   * it names; nodes that are not pure get a key of their own in every run.
   */
  keysOf(plan: Plan, fingerprints: ReadonlyMap<string, string>): ReadonlyMap<string, Key> {
    const keys = new Map<string, Key>();
    for (const [id, planned] of plan.nodes) {
      if (planned.definition.pure === false) {
        keys.set(id, ++this.#last);
        continue;
      }
      let text = describeNode(planned);
      for (const [name, { from, fromType, toType }] of Object.entries(planned.wired)) {
        text += `|${name}<${keys.get(from[0])}.${from[1]}`;
        // A type variable may take the value as another type than it comes as.
        if (fromType !== toType) text += `:${toType}`;
      }
      if (planned.sweep) text += JSON.stringify(planned.sweep);
      const fingerprint = fingerprints.get(id);
      if (fingerprint !== undefined) text += `|${fingerprint}`;
      let key = this.#keys.get(text);
      if (key === undefined) {
        key = ++this.#last;
        this.#keys.set(text, key);
      }
      keys.set(id, key);
    }
    return keys;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Forgets all descriptions; numbers are not used again. */
  clear(): void {
    this.#keys.clear();
  }
}
