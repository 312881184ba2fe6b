import { z } from 'zod';
import type { NodeDeclaration } from '../core/node.ts';
import { MAX_PATTERN_LENGTH } from '../core/output-name.ts';
import { providerChoices } from '../core/providers.ts';
import { zDocument, zJson } from '../document/schema.ts';
import { zDownloadPlan, zDownloadSettings, zDownloads } from './downloads.ts';

/** Grows with every change that an older peer would misread. */
export const PROTOCOL_VERSION = 1;

const zBytes = z.instanceof(Uint8Array);

/** A value that may change while the graph runs (graph/live-values.ts). */
export const zLiveValue = z.object({
  definition: z.string().max(200).optional(),
  node: z.string().max(200),
  input: z.string().max(200),
  value: zJson,
});
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

export const zForecast = z.object({ node: zNodeId, message: z.string() });

export const zListedFile = z.object({ kind: zFileKind, name: z.string(), bytes: z.number() });

export const zBar = z.object({ label: z.string(), value: z.number() });

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
  /** The run that made it; absent for one of an earlier session. */
  job: zJobId.optional(),
  /** The node that made it, where that is known. */
  node: zNodeId.optional(),
  /** File name without folders, when the picture was saved. */
  file: z.string().optional(),
  /** Size of that file. */
  bytes: z.number().optional(),
  /** Whether `pictures/document` has what made it. */
  hasDocument: z.boolean(),
  /** Version of Kronode that made it, where that is known. */
  version: z.string().optional(),
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
  /** Waited when Kronode ended; it does not start before `queue/continue`. */
  held: z.boolean().optional(),
  /** Values are being tried: it writes nothing. */
  live: z.boolean().optional(),
  /** Seeds set in the workflow, as decimal text. */
  seeds: z.array(z.string()).optional(),
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

const zProvider = z.enum(providerChoices).optional();
export const zPartProviders = z.object({ transformer: zProvider, 'text-encoder': zProvider, vae: zProvider });

export const zSettings = z.object({
  provider: z.enum(providerChoices),
  /** Parts of models that run elsewhere; `auto` or absent: where the rest runs. */
  partProviders: zPartProviders,
  /** Bytes of host memory that values of past runs may keep. */
  cacheBytes: z.number().int().min(0),
  /** Bytes that networks may take together; 0: a share of the machine's memory. */
  networkBytes: z.number().int().min(0),
  modelFolders: z.array(z.string()),
  outputFolder: z.string(),
  /** How saved pictures are called (core/output-name.ts). */
  namePattern: z.string().max(MAX_PATTERN_LENGTH),
});

/** What a person wants to know of a model file before using it. */
export const zModelCard = z.object({
  name: z.string(),
  /** What it can be used as; none where `problem` says why. */
  kinds: z.array(zFileKind),
  bytes: z.number(),
  /** Name of the model folder this is a part of. */
  within: z.string().optional(),
  /** Architecture and naming of each part, such as `zimage/comfyui`. */
  layouts: z.array(z.string()),
  /** Element types of its tensors, most bytes first. */
  dtypes: z.array(z.string()),
  adapter: z
    .object({ families: z.array(z.string()), modules: z.number(), ranks: z.array(z.number()) })
    .optional(),
  /** What it still needs to be of use, with the names of registered files that would do. */
  missing: z.array(
    z.object({ part: z.enum(['text-encoder', 'vae', 'tokenizer']), fits: z.array(z.string()) }),
  ),
  problem: z.string().optional(),
  /** What to do about the problem. */
  hint: z.string().optional(),
});

/** What lies in a folder that may be registered. */
const zFolderReport = z.object({
  /** As it would be registered. */
  path: z.string(),
  kind: z.enum(['comfyui', 'model', 'folder']),
  /** Subfolders by which it was recognised. */
  folders: z.array(z.string()),
  found: z.array(z.object({ kind: zFileKind, count: z.number() })),
  /** Files that look like models and cannot be used. */
  unusable: z.number(),
  /** A folder near it that is probably meant. */
  better: z.string().optional(),
});

/** Where models run, on what, and what of them is in memory; bytes. */
export const zDevice = z.object({
  provider: z.string(),
  reason: z.string(),
  adapter: z.object({ name: z.string(), memoryBytes: z.number().optional() }).optional(),
  /** Every provider, with what is known to keep it from being used. */
  providers: z.array(z.object({ name: z.enum(providerChoices), problem: z.string().optional() })),
  memory: z.object({
    totalBytes: z.number(),
    freeBytes: z.number(),
    networkBytes: z.number(),
    budgetBytes: z.number(),
  }),
  /** In the order in which they would make room. */
  residents: z.array(
    z.object({ part: z.string(), name: z.string(), bytes: z.number(), isInUse: z.boolean() }),
  ),
});

/** One transformer block on the provider, compared with the CPU. */
export const zSelfTest = z.object({
  provider: z.string(),
  verdict: z.enum(['right', 'rounded', 'wrong', 'failed']),
  error: z.number().optional(),
  milliseconds: z.number().optional(),
  cpuMilliseconds: z.number().optional(),
  message: z.string().optional(),
});

/** Weights that were converted, on disk. */
export const zConvertedWeights = z.object({
  files: z.number(),
  bytes: z.number(),
  /** Some are being made now, by this program or another one. */
  isConverting: z.boolean(),
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
  'engine/device': call(nothing, zDevice),
  'engine/self-test': call(nothing, zSelfTest),
  'engine/weights': call(nothing, zConvertedWeights),
  /** Deletes converted weights but those that are being made; waits for the job that runs. */
  'engine/clear-weights': call(nothing, nothing),
  'engine/state': call(nothing, zEngineState),
  /** What was logged before this client came, oldest first. */
  'engine/recent-log': call(nothing, z.array(zLogEntry)),
  'nodes/describe': call(nothing, z.array(z.custom<NodeDeclaration>((value) => typeof value === 'object'))),
  'files/list': call(z.object({ kind: zFileKind }), z.array(zListedFile)),
  'models/list': call(nothing, z.array(zModelCard)),
  /** Shows a model file in the system's file manager. */
  'models/reveal': call(z.object({ name: z.string() }), nothing),
  'downloads/status': call(nothing, zDownloads),
  'downloads/configure': call(zDownloadSettings.partial(), zDownloads),
  /** Asks the mirror what a model consists of; nothing is downloaded. */
  'downloads/plan': call(z.object({ id: z.string() }), zDownloadPlan),
  /** `missingBytes` is what the person saw and agreed to. */
  'downloads/start': call(z.object({ id: z.string(), missingBytes: z.number() }), nothing),
  'downloads/stop': call(z.object({ id: z.string(), discard: z.boolean() }), nothing),
  /** Looks at a folder before it is registered; the path as a person types it. */
  'folders/inspect': call(z.object({ path: z.string().max(4096) }), zFolderReport),
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
    z.object({
      document: zDocument,
      targets: z.array(zNodeId).optional(),
      front: z.boolean().optional(),
      /** Values are being tried: pictures are shown, nothing is written. */
      live: z.boolean().optional(),
    }),
    z.object({ job: zJobId }),
  ),
  /**
   * Other live values for a job. While it runs, what they concern stops at its next step and starts over
   * with the newest of them; once it is over, it runs again, live. Either way it stays one job, and its
   * pictures are those a fresh run with these values would make.
   */
  'run/tune': call(z.object({ job: zJobId, values: z.array(zLiveValue).min(1).max(1000) }), nothing),
  /**
   * Without an id everything that waits or runs is cancelled. What runs stops after its step; `force`
   * does not wait for that, at the price of loading the model again.
   */
  'run/cancel': call(z.object({ job: zJobId.optional(), force: z.boolean().optional() }), nothing),
  /** What a run would compute now and what is known from before. */
  'run/preview': call(
    z.object({ document: zDocument, targets: z.array(zNodeId).optional() }),
    z.object({
      nodes: z.record(zNodeId, z.enum(['run', 'cached'])),
      problems: z.array(zProblem),
      /** What a person may want to know before the run, such as the memory it needs. */
      notices: z.array(zForecast).optional(),
    }),
  ),
  'queue/list': call(nothing, z.array(zJob)),
  'queue/move': call(z.object({ job: zJobId, position: z.number().int().min(0) }), nothing),
  /** Forgets the jobs that are over. */
  'queue/clear': call(nothing, nothing),
  /** Takes out every job that waits. */
  'queue/clear-waiting': call(nothing, nothing),
  /** Lets the jobs run that were held since Kronode started. */
  'queue/continue': call(nothing, nothing),
  'queue/document': call(z.object({ job: zJobId }), zDocument),
  'pictures/list': call(nothing, z.array(zPicture)),
  'pictures/bytes': call(z.object({ id: zPictureId, size: z.enum(['full', 'thumbnail']) }), zBytes),
  /** The workflow that made a picture. */
  'pictures/document': call(
    z.object({ id: zPictureId }),
    z.object({ document: zDocument, problems: z.array(zProblem) }),
  ),
  /** Shows a saved picture in the system's file manager. */
  'pictures/reveal': call(z.object({ id: zPictureId }), nothing),
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
  'run/picture': zPicture.extend({ job: zJobId, node: zNodeId }),
  'run/finished': z.object({
    job: zJob,
    timings: z.array(zTiming),
    /** By how much the run raised the engine's counters. */
    counters: z.record(z.string(), z.number()),
  }),
  'run/text': z.object({ job: zJobId, node: zNodeId, text: z.string() }),
  /** Values to be compared, such as how strongly an adapter changes each block. */
  'run/bars': z.object({ job: zJobId, node: zNodeId, bars: z.array(zBar) }),
  'pictures/deleted': z.object({ ids: z.array(zPictureId) }),
  'downloads/changed': zDownloads,
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
export type ModelCard = z.output<typeof zModelCard>;
export type FolderReport = z.output<typeof zFolderReport>;
export type DeviceReport = z.output<typeof zDevice>;
export type SelfTestReport = z.output<typeof zSelfTest>;
export type ConvertedWeights = z.output<typeof zConvertedWeights>;
export type EngineState = z.output<typeof zEngineState>;
export type LogEntry = z.output<typeof zLogEntry>;
export type JournalEntry = z.output<typeof zJournalEntry>;
