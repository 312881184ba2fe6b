const ALPHABET = '0123456789abcdefghijkmnpqrstuvwxyz';

/** A short id that is not in use yet: `n_8fk2s`. */
export function newId(prefix: string, taken: Readonly<Record<string, unknown>> = {}): string {
  for (;;) {
    const bytes = crypto.getRandomValues(new Uint8Array(6));
    const id = `${prefix}_${Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
    if (!Object.hasOwn(taken, id)) return id;
  }
}
