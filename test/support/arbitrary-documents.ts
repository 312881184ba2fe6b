import fc from 'fast-check';
import { type Document, LIMITS } from '../../nodes/document/schema.ts';

/** Names every object answers to; a file may use them like any other. */
const trickyNames = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '1'];

const id = fc
  .oneof(fc.stringMatching(/^[\w-]{1,8}$/), fc.constantFrom(...trickyNames))
  .filter((text) => text !== '__proto__');
const name = fc
  .oneof(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), fc.constantFrom(...trickyNames))
  .filter((text) => text !== '__proto__');

const hasProtoKey = (text: string): boolean => text.includes('__proto__');

/** JSON as a file can hold it: without −0, which JSON.stringify does not write, and without `__proto__` keys. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.stringify(value))
  .filter((text) => !hasProtoKey(text))
  .map((text) => JSON.parse(text) as Document['nodes'][string]['inputs'][string]);

const coordinate = fc.integer({ min: -1e6, max: 1e6 });
const point = fc.tuple(coordinate, coordinate);
const size = fc.tuple(fc.nat(1e6), fc.nat(1e6));
const color = fc.stringMatching(/^#[0-9a-f]{6}$/);

const node = (types: readonly string[]) =>
  fc.record(
    {
      type: types.length > 0 ? fc.oneof(name, fc.constantFrom(...types)) : name,
      version: fc.integer({ min: 1, max: 3 }),
      at: point,
      inputs: fc.dictionary(name, json, { noNullPrototype: true }),
      size,
      title: fc.string({ maxLength: 20 }),
      color,
      collapsed: fc.boolean(),
      pinned: fc.boolean(),
      mode: fc.constantFrom('mute' as const, 'bypass' as const),
    },
    { requiredKeys: ['type', 'version', 'at', 'inputs'], noNullPrototype: true },
  );

const frame = fc.record(
  { title: fc.string({ maxLength: 20 }), at: point, size, color },
  { requiredKeys: ['title', 'at', 'size'], noNullPrototype: true },
);
const note = fc.record(
  { text: fc.string(), at: point, size, color },
  { requiredKeys: ['text', 'at', 'size'], noNullPrototype: true },
);

/**
 * Documents that are fine: wires join nodes that are there, and no input has two. Nodes are of
 * any type, some of them of `types`.
 */
export const arbitraryDocument = (types: readonly string[] = []): fc.Arbitrary<Document> =>
  fc
    .record(
      {
        nodes: fc.dictionary(id, node(types), { maxKeys: 6, noNullPrototype: true }),
        frames: fc.dictionary(id, frame, { maxKeys: 2, noNullPrototype: true }),
        notes: fc.dictionary(id, note, { maxKeys: 2, noNullPrototype: true }),
        view: fc.record(
          { at: point, zoom: fc.double({ min: 0.01, max: 100, noNaN: true }) },
          { noNullPrototype: true },
        ),
        meta: fc.record(
          {
            title: fc.string(),
            description: fc.string(),
            author: fc.string(),
            extra: fc.dictionary(name, json, { noNullPrototype: true }),
          },
          { requiredKeys: [], noNullPrototype: true },
        ),
      },
      { requiredKeys: ['nodes'], noNullPrototype: true },
    )
    .chain((parts) => {
      const ids = Object.keys(parts.nodes);
      const end =
        ids.length > 0
          ? fc.tuple(fc.constantFrom(...ids), name)
          : fc.constant(['a', 'b'] as [string, string]);
      const wire = fc.record(
        { from: end, to: end, bends: fc.array(point, { maxLength: 3 }) },
        { requiredKeys: ['from', 'to'], noNullPrototype: true },
      );
      const wires = fc
        .uniqueArray(fc.tuple(id, wire), {
          maxLength: ids.length > 0 ? 8 : 0,
          selector: ([, { to }]) => to.join(' '),
        })
        .map((entries) => Object.fromEntries(entries));
      return wires.map((all): Document => ({ format: 'kronode/workflow', version: 1, ...parts, wires: all }));
    });

type Container = Record<string, unknown> | unknown[];

/** Every object and list inside a JSON value. */
function containersOf(json: unknown, found: Container[] = []): Container[] {
  if (typeof json === 'object' && json !== null) {
    found.push(json as Container);
    for (const child of Object.values(json)) containersOf(child, found);
  }
  return found;
}

const anything = fc.oneof(
  json,
  fc.constantFrom<unknown>('', '__proto__', -1, 1e308, 2 ** 53, null, [], {}, 'x'.repeat(LIMITS.depth * 10)),
);

/** Changes one value inside a JSON text, takes it away, or adds one under another name. */
export const mutatedJson = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat(), fc.nat(), fc.constantFrom('set', 'add', 'delete'), name, anything)
    .map(([source, which, entry, change, key, value]) => {
      const json = JSON.parse(source) as unknown;
      const containers = containersOf(json);
      const target = containers[which % containers.length] as Record<string, unknown>;
      const keys = Object.keys(target);
      const old = keys[entry % Math.max(keys.length, 1)] ?? key;
      if (change === 'delete') delete target[old];
      else target[change === 'add' && !Array.isArray(target) ? key : old] = value;
      return JSON.stringify(json);
    });

/** Changes a piece of a text, whatever becomes of its meaning. */
export const mutatedText = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      text,
      fc.nat(),
      fc.nat(20),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('"__proto__":{"polluted":1},', '{', '[', '"', '1e999', '\\', '\n'),
      ),
    )
    .map(([source, at, length, piece]) => {
      const start = at % (source.length + 1);
      return source.slice(0, start) + piece + source.slice(start + length);
    });

const MARKER = 'key to be replaced';

/** Puts a `__proto__` key, plain or escaped, into one of the objects of a JSON text. */
export const withProtoKey = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat(), fc.constantFrom('__proto__', '\\u005f_proto__', '__\\u0070roto__'))
    .map(([source, which, key]) => {
      const json = JSON.parse(source) as unknown;
      const objects = containersOf(json).filter((container) => !Array.isArray(container));
      (objects[which % objects.length] as Record<string, unknown>)[MARKER] = { polluted: true };
      return JSON.stringify(json).replace(MARKER, () => key);
    });
