import { z } from 'zod';
import { isPortNode } from './subgraph-types.ts';

/** Written into every document; anything else is not ours. */
export const DOCUMENT_FORMAT = 'kronode/workflow';
/** Grows by one with every change of the document's own shape, together with a migration. */
export const DOCUMENT_VERSION = 1;

/** Caps that keep a hostile file from hanging the program that opens it. */
export const LIMITS = {
  bytes: 16 * 2 ** 20,
  depth: 64,
  nodes: 20_000,
  wires: 100_000,
  frames: 10_000,
  notes: 10_000,
  definitions: 1000,
  /** Inputs or outputs of a subgraph. */
  ports: 256,
  /** Subgraphs inside each other. */
  nesting: 16,
} as const;

type Json = z.core.util.JSONType;

/** Checked here rather than by `z.json()`, which needs minutes and gigabytes for a file full of brackets. */
function isJson(value: unknown, depth = 0): value is Json {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null)
    return value === null || typeof value === 'string' || typeof value === 'boolean';
  return depth < LIMITS.depth && Object.values(value).every((item) => isJson(item, depth + 1));
}
export const zJson = z.custom<Json>((value) => isJson(value), 'not plain JSON (numbers must be finite)');

const zId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\w-]+$/, 'ids are letters, digits, _ and -')
  .refine((id) => id !== '__proto__', 'not a usable id');
const zName = z.string().min(1).max(128);
const zCoordinate = z.number().min(-1e7).max(1e7);
const zPoint = z.tuple([zCoordinate, zCoordinate]);
const zSize = z.tuple([z.number().min(0).max(1e6), z.number().min(0).max(1e6)]);
const zEndpoint = z.tuple([zId, zName]);
const zColor = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'colours are written as #rrggbb');

const zNode = z.strictObject({
  type: zName,
  /** Version of the node type these inputs were written for. */
  version: z.number().int().min(1),
  at: zPoint,
  size: zSize.optional(),
  /** Widget values by input name, as JSON. */
  inputs: z.record(zName, zJson),
  title: z.string().max(200).optional(),
  color: zColor.optional(),
  collapsed: z.boolean().optional(),
  pinned: z.boolean().optional(),
  /** `mute`: left out with all that needs it; `bypass`: values pass through unchanged. */
  mode: z.enum(['mute', 'bypass']).optional(),
});

const zWire = z.strictObject({
  from: zEndpoint,
  to: zEndpoint,
  /** Points the wire bends through. */
  bends: z.array(zPoint).max(64).optional(),
});

const zFrame = z.strictObject({
  title: z.string().max(200),
  at: zPoint,
  size: zSize,
  color: zColor.optional(),
});

const zNote = z.strictObject({
  /** Markdown. */
  text: z.string().max(100_000),
  at: zPoint,
  size: zSize,
  color: zColor.optional(),
});

const zPorts = z.strictObject({
  /** Where the node that stands for them is, inside the subgraph. */
  at: zPoint,
  ports: z
    .array(
      z.strictObject({
        /** Identity for wires and values, for ever. */
        name: zName,
        title: z.string().max(200).optional(),
      }),
    )
    .max(LIMITS.ports)
    .refine((ports) => new Set(ports.map(({ name }) => name)).size === ports.length, 'a port is there twice'),
});

/** Nodes that stand for one node: what its instances, of the type `subgraph:<id>`, show and run. */
const zDefinition = z.strictObject({
  title: z.string().min(1).max(200),
  description: z.string().max(10_000).optional(),
  inputs: zPorts,
  outputs: zPorts,
  nodes: z
    .record(zId, zNode)
    .refine((nodes) => !Object.keys(nodes).some(isPortNode), 'a node has a reserved id'),
  /** Among them those that start at the inputs and end at the outputs (subgraph-types.ts). */
  wires: z.record(zId, zWire),
  frames: z.record(zId, zFrame).optional(),
  notes: z.record(zId, zNote).optional(),
});

const zView = z.strictObject({ at: zPoint, zoom: z.number().min(0.01).max(100) });

const zMeta = z.strictObject({
  title: z.string().max(200).optional(),
  description: z.string().max(10_000).optional(),
  author: z.string().max(200).optional(),
  /** Version of Kronode that wrote the file. */
  app: z.string().max(64).optional(),
  /** What other programs put here; kept, never read. */
  extra: z.record(z.string(), zJson).optional(),
});

/** What a document holds many of, each entry checked on its own. */
export const sections = { nodes: zNode, wires: zWire, frames: zFrame, notes: zNote } as const;
export const zDefinitions = z.record(zId, zDefinition);

export const zDocument = z.strictObject({
  $schema: z.string().max(1024).optional(),
  format: z.literal(DOCUMENT_FORMAT),
  version: z.literal(DOCUMENT_VERSION),
  nodes: z.record(zId, zNode),
  wires: z.record(zId, zWire),
  frames: z.record(zId, zFrame).optional(),
  notes: z.record(zId, zNote).optional(),
  definitions: zDefinitions.optional(),
  view: zView.optional(),
  meta: zMeta.optional(),
});

/** A workflow: plain data, immutable, saved as `*.kronode.json`. */
export type Document = z.infer<typeof zDocument>;
export type DocumentNode = Document['nodes'][string];
export type Wire = Document['wires'][string];
/** Definition of a subgraph. */
export type Definition = NonNullable<Document['definitions']>[string];
export type Port = Definition['inputs']['ports'][number];
/** One end of a wire: node id and name of the output or input. */
export type Endpoint = Wire['from'];

export const emptyDocument = (): Document => ({
  format: DOCUMENT_FORMAT,
  version: DOCUMENT_VERSION,
  nodes: {},
  wires: {},
});
