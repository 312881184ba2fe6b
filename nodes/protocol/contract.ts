import { z } from 'zod';
import type { NodeDeclaration } from '../core/node.ts';
import { providerChoices } from '../core/providers.ts';
import { zDocument } from '../document/schema.ts';

/** Grows with every change that an older peer would misread. */
export const PROTOCOL_VERSION = 1;

const zBytes = z.instanceof(Uint8Array);
const zNodeId = z.string();
const zJobId = z.string();
const zPictureId = z.string().regex(/^[\w-]{1,64}$/);
export const zFileKind = z.enum(['model', 'text-encoder', 'vae', 'adapter', 'image']);

export const zProblem = z.object({
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  hint: z.string().optional(),
  node: zNodeId.optional(),
  input: z.string().optional(),
});

export const zListedFile = z.object({ kind: zFileKind, name: z.string(), bytes: z.number() });

export const zTiming = z.object({
  node: zNodeId,
  type: z.string(),
  milliseconds: z.number(),
  cached: z.boolean(),
  units: z.array(z.number()),
});

/** A picture a run made. Its bytes are fetched by id; where it lies on disk stays with the host. */
export const zPicture = z.object({
  id: zPictureId,
  job: zJobId,
  node: zNodeId,
  /** File name without folders, when the picture was saved. */
  file: z.string().optional(),
  width: z.number(),
  height: z.number(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** What it was really made with (execution/services Fact[]). */
  facts: z.array(z.looseObject({ kind: z.string() })),
});

const zJob = z.object({
  id: zJobId,
  title: z.string(),
  queuedAt: z.number(),
  state: z.enum(['pending', 'running', 'done', 'failed', 'cancelled']),
  milliseconds: z.number().optional(),
  message: z.string().optional(),
  hint: z.string().optional(),
  node: zNodeId.optional(),
  problems: z.array(zProblem).optional(),
  /** Was asked to stop and has not yet. */
  stopping: z.boolean().optional(),
});

const zLogEntry = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  message: z.string(),
});

const zEngineState = z.object({
  state: z.enum(['starting', 'ready', 'failed']),
  /** Why it failed, or is starting again. */
  message: z.string().optional(),
});

/** What a window was editing, kept so that a crash of everything loses nothing. */
const zJournalEntry = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  title: z.string().max(500),
  document: zDocument,
});

export const zSettings = z.object({
  provider: z.enum(providerChoices),
  /** Bytes of host memory that values of past runs may keep. */
  cacheBytes: z.number().int().min(0),
  modelFolders: z.array(z.string()),
  outputFolder: z.string(),
});

const zInfo = z.object({
  version: z.string(),
  protocol: z.literal(PROTOCOL_VERSION),
  provider: z.string(),
  /** Why this provider was chosen. */
  providerReason: z.string(),
  memory: z.object({ processBytes: z.number(), cacheBytes: z.number() }),
  /** Counted since the engine started, so that "nothing was rebuilt" can be seen. */
  counters: z.record(z.string(), z.number()),
});

const call = <Input extends z.ZodType, Output extends z.ZodType>(input: Input, output: Output) => ({
  input,
  output,
});
const nothing = z.void();

/** What a client may ask the engine. Every message is parsed on the side that receives it. */
export const calls = {
  'engine/info': call(nothing, zInfo),
  'engine/settings': call(nothing, zSettings),
  'engine/configure': call(zSettings.partial(), zSettings),
  'engine/clear-cache': call(nothing, nothing),
  'engine/state': call(nothing, zEngineState),
  /** What was logged before this client came, oldest first. */
  'engine/recent-log': call(nothing, z.array(zLogEntry)),
  'nodes/describe': call(nothing, z.array(z.custom<NodeDeclaration>((value) => typeof value === 'object'))),
  'files/list': call(z.object({ kind: zFileKind }), z.array(zListedFile)),
  /** Puts a picture the user chose into the input folder and returns the name to use. */
  'files/add-image': call(z.object({ name: z.string().max(255), bytes: zBytes }), zListedFile),
  'files/thumbnail': call(z.object({ kind: zFileKind, name: z.string() }), zBytes),
  /** Text of a workflow, or the bytes of a picture that carries one. */
  'document/open': call(
    z.object({ content: z.union([z.string(), zBytes]) }),
    z.object({ document: zDocument, problems: z.array(zProblem) }),
  ),
  'document/templates': call(
    nothing,
    z.array(z.object({ id: z.string(), document: zDocument, thumbnail: zBytes.optional() })),
  ),
  'run/start': call(
    z.object({ document: zDocument, targets: z.array(zNodeId).optional(), front: z.boolean().optional() }),
    z.object({ job: zJobId }),
  ),
  /**
   * Without an id everything that waits or runs is cancelled. What runs stops after its step; `force`
   * does not wait for that, at the price of loading the model again.
   */
  'run/cancel': call(z.object({ job: zJobId.optional(), force: z.boolean().optional() }), nothing),
  /** What a run would compute now and what is known from before. */
  'run/preview': call(
    z.object({ document: zDocument, targets: z.array(zNodeId).optional() }),
    z.object({ nodes: z.record(zNodeId, z.enum(['run', 'cached'])), problems: z.array(zProblem) }),
  ),
  'queue/list': call(nothing, z.array(zJob)),
  'queue/move': call(z.object({ job: zJobId, position: z.number().int().min(0) }), nothing),
  'queue/clear': call(nothing, nothing),
  'queue/document': call(z.object({ job: zJobId }), zDocument),
  'pictures/list': call(nothing, z.array(zPicture)),
  'pictures/bytes': call(z.object({ id: zPictureId, size: z.enum(['full', 'thumbnail']) }), zBytes),
  'pictures/delete': call(z.object({ ids: z.array(zPictureId).max(1000) }), nothing),
  /** Answers when the entry lies safely on disk. Of writes that overlap, the newest counts. */
  'journal/write': call(zJournalEntry, nothing),
  'journal/list': call(nothing, z.array(zJournalEntry.extend({ at: z.number() }))),
  'journal/remove': call(z.object({ id: zJournalEntry.shape.id }), nothing),
} as const;

/** What the engine tells every client, in order. */
export const events = {
  'queue/changed': z.array(zJob),
  'run/node-started': z.object({ job: zJobId, node: zNodeId }),
  'run/progress': z.object({
    job: zJobId,
    node: zNodeId,
    done: z.number(),
    total: z.number(),
    unit: z.string(),
    rate: z.number().optional(),
    secondsLeft: z.number().optional(),
  }),
  /** The picture so far, as JPEG. Only the newest per node matters. */
  'run/preview': z.object({ job: zJobId, node: zNodeId, jpeg: zBytes }),
  'run/notice': z.object({ job: zJobId, node: zNodeId, message: z.string() }),
  'run/node-finished': z.object({
    job: zJobId,
    node: zNodeId,
    cached: z.boolean(),
    milliseconds: z.number(),
    /** One line per output. */
    outputs: z.record(z.string(), z.string()),
  }),
  'run/node-failed': z.object({
    job: zJobId,
    node: zNodeId,
    message: z.string(),
    hint: z.string().optional(),
  }),
  'run/picture': zPicture,
  'run/finished': z.object({ job: zJob, timings: z.array(zTiming) }),
  'run/text': z.object({ job: zJobId, node: zNodeId, text: z.string() }),
  'pictures/deleted': z.object({ ids: z.array(zPictureId) }),
  'engine/state': zEngineState,
  'engine/log': zLogEntry,
} as const;

export type CallName = keyof typeof calls;
export type CallInput<N extends CallName> = z.input<(typeof calls)[N]['input']>;
export type CallOutput<N extends CallName> = z.output<(typeof calls)[N]['output']>;
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.output<(typeof events)[N]>;

export type JobSummary = z.output<typeof zJob>;
export type PictureSummary = z.output<typeof zPicture>;
export type EngineSettings = z.output<typeof zSettings>;
export type EngineState = z.output<typeof zEngineState>;
export type LogEntry = z.output<typeof zLogEntry>;
export type JournalEntry = z.output<typeof zJournalEntry>;
