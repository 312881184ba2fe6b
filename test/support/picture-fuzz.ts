import fc from 'fast-check';
import { UserError } from '../../nodes/core/errors.ts';

/** Texts by key, with all of Unicode (no lone surrogates: those have no UTF-8). */
export const entryLists = fc.dictionary(
  fc.stringMatching(/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?$/).filter((key) => key !== '__proto__'),
  fc.string({ unit: 'binary', maxLength: 60 }),
  { maxKeys: 8, noNullPrototype: true },
);

export const mutations = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'cut', 'remove', 'insert'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 4 },
);
type Mutation = typeof mutations extends fc.Arbitrary<(infer M)[]> ? M : never;

/** A copy of `file` with changes at relative positions. */
export function mutate(file: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  let bytes = [...file];
  for (const { kind, at, bytes: some } of changes) {
    const index = Math.floor(at * bytes.length);
    if (kind === 'set')
      for (const [i, byte] of some.entries()) bytes[Math.min(index + i, bytes.length - 1)] = byte;
    else if (kind === 'cut') bytes = bytes.slice(0, index);
    else bytes.splice(index, kind === 'remove' ? some.length : 0, ...(kind === 'insert' ? some : []));
  }
  return Uint8Array.from(bytes);
}

/** Runs `work`; anything it throws but a UserError fails the test. */
export async function onlyUserErrors(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}
