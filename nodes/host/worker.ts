import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import type { FileKind } from '../core/inputs.ts';
import { providerChoices } from '../core/providers.ts';
import type { Document } from '../document/schema.ts';
import type { LiveValue } from '../graph/live-values.ts';
import {
  type ConvertedWeights,
  type DeviceReport,
  type ModelCard,
  type SelfTestReport,
  zBar,
  zConvertedWeights,
  zDevice,
  zFileKind,
  zForecast,
  zListedFile,
  zLiveValue,
  zModelCard,
  zPartProviders,
  zPicture,
  zProblem,
  zSelfTest,
  zTiming,
} from '../protocol/contract.ts';

/**
 * What a worker needs to know before it can compute. The folders are absolute.
 */
const zWorkerSettings = z.object({
  provider: z.enum(providerChoices),
  partProviders: zPartProviders.optional(),
  cacheBytes: z.number(),
  modelFolders: z.array(z.string()),
  /** Where models that a workflow makes go. */
  newModelFolder: z.string().optional(),
  pictureFolders: z.array(z.string()),
  outputFolder: z.string(),
  namePattern: z.string(),
  /** 0: a share of the machine's memory. */
  networkBytes: z.number(),
  /** For what may be deleted at any time. */
  cacheFolder: z.string(),
});

/** Checked when it came in; within the program it is taken as it is. */
const zKnownDocument = z.custom<Document>((value) => typeof value === 'object' && value !== null);
const zBytes = z.instanceof(Uint8Array);

const zPlanRequest = z.object({ document: zKnownDocument, targets: z.array(z.string()).optional() });
const zRunRequest = zPlanRequest.extend({ job: z.string(), live: z.boolean().optional() });
const zRunPreview = z.object({
  nodes: z.record(z.string(), z.enum(['run', 'cached'])),
  problems: z.array(zProblem),
  notices: z.array(zForecast).optional(),
});

/** How a run ended. */
const zRunOutcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    timings: z.array(zTiming),
    /** By how much it raised the counters. */
    counters: z.record(z.string(), z.number()),
    milliseconds: z.number(),
    /** How many calls of `tune` went into it. */
    changes: z.number(),
  }),
  z.object({
    kind: z.literal('failed'),
    message: z.string(),
    hint: z.string().optional(),
    node: z.string().optional(),
    problems: z.array(zProblem).optional(),
  }),
  z.object({ kind: z.literal('cancelled') }),
]);

const node = z.string();

/** What a worker tells while it runs a job. */
const zWorkerEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), node }),
  z.object({
    kind: z.literal('progress'),
    node,
    done: z.number(),
    total: z.number(),
    unit: z.string(),
    rate: z.number().optional(),
    secondsLeft: z.number().optional(),
  }),
  z.object({ kind: z.literal('preview'), node, jpeg: zBytes }),
  z.object({ kind: z.literal('notice'), node, message: z.string() }),
  z.object({
    kind: z.literal('picture'),
    node,
    /** An absolute path where it was saved, PNG bytes where it is only shown. */
    source: z.union([z.object({ path: z.string() }), z.object({ png: zBytes })]),
    width: z.number(),
    height: z.number(),
    facts: zPicture.shape.facts,
  }),
  z.object({ kind: z.literal('text'), node, text: z.string() }),
  z.object({ kind: z.literal('bars'), node, bars: z.array(zBar) }),
  z.object({
    kind: z.literal('finished'),
    node,
    cached: z.boolean(),
    milliseconds: z.number(),
    outputs: z.record(z.string(), z.string()),
  }),
  z.object({ kind: z.literal('failed'), node, message: z.string(), hint: z.string().optional() }),
]);

const zPictureSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('png'), png: zBytes }),
  z.object({ kind: z.literal('path'), path: z.string() }),
  /** A picture as workflows name it. */
  z.object({ kind: z.literal('input'), name: z.string() }),
]);

const zWorkerStatus = z.object({
  provider: z.string(),
  providerReason: z.string(),
  memory: z.object({ processBytes: z.number(), cacheBytes: z.number() }),
  counters: z.record(z.string(), z.number()),
});

const call = <Input extends z.ZodType, Output extends z.ZodType>(input: Input, output: Output) => ({
  input,
  output,
});
const nothing = z.void();

/** What the host asks the engine process; spoken between two processes of one installation only. */
export const workerContract = {
  version: 1,
  calls: {
    start: call(zWorkerSettings, nothing),
    /** What can change while everything stays in memory. */
    adjust: call(zWorkerSettings.pick({ cacheBytes: true, namePattern: true }), nothing),
    run: call(zRunRequest, zRunOutcome),
    cancel: call(z.object({ job: z.string() }), nothing),
    tune: call(z.object({ job: z.string(), values: z.array(zLiveValue) }), nothing),
    preview: call(zPlanRequest, zRunPreview),
    list: call(z.object({ kind: zFileKind }), z.array(zListedFile)),
    'list-models': call(nothing, z.array(zModelCard)),
    'model-path': call(z.object({ name: z.string() }), z.string()),
    thumbnail: call(zPictureSource, zBytes),
    status: call(nothing, zWorkerStatus),
    device: call(nothing, zDevice),
    'self-test': call(nothing, zSelfTest),
    weights: call(nothing, zConvertedWeights),
    'clear-weights': call(nothing, nothing),
    'clear-cache': call(nothing, nothing),
  },
  events: {
    told: z.object({ job: z.string(), event: zWorkerEvent }),
    preview: z.object({ job: z.string(), node, jpeg: zBytes }),
    defect: z.object({ message: z.string() }),
  },
  latest: { preview: ({ job, node: id }: { readonly job: string; readonly node: string }) => `${job}/${id}` },
};

export type WorkerSettings = z.output<typeof zWorkerSettings>;
export type Adjustment = Pick<WorkerSettings, 'cacheBytes' | 'namePattern'>;
export type RunRequest = z.output<typeof zRunRequest>;
export type RunOutcome = z.output<typeof zRunOutcome>;
export type WorkerEvent = z.output<typeof zWorkerEvent>;
export type PictureSource = z.output<typeof zPictureSource>;
type PlanRequest = z.output<typeof zPlanRequest>;
type RunPreview = z.output<typeof zRunPreview>;
type WorkerStatus = z.output<typeof zWorkerStatus>;
type ListedFile = z.output<typeof zListedFile>;

/**
 * Computes: one job at a time, in this process or in another one. Every method throws UserError for
 * what a person can mend.
 */
export interface EngineWorker {
  /**
   * Runs a job to its end; `signal` asks it to stop after its step.
   * @throws EngineStopped when the worker's process went away meanwhile.
   */
  run(
    request: RunRequest,
    options: { readonly signal: AbortSignal; readonly onEvent: (event: WorkerEvent) => void },
  ): Promise<RunOutcome>;
  /**
   * Gives the running job other live values; the outcome tells whether they came in time. A job that
   * does not run takes none.
   */
  tune(job: string, values: readonly LiveValue[]): Promise<void>;
  /** What a run would compute now and what is known from before. */
  preview(request: PlanRequest): Promise<RunPreview>;
  list(kind: FileKind): Promise<readonly ListedFile[]>;
  listModels(): Promise<ModelCard[]>;
  /** Where a model file lies; for the host only. */
  modelPath(name: string): Promise<string>;
  /** A small WebP of a picture. */
  thumbnail(source: PictureSource): Promise<Uint8Array<ArrayBuffer>>;
  status(): Promise<WorkerStatus>;
  device(): Promise<DeviceReport>;
  /** Waits for the job that runs. */
  selfTest(): Promise<SelfTestReport>;
  /** Converted weights on disk. */
  weights(): Promise<ConvertedWeights>;
  /** Deletes them; waits for the job that runs. Networks in memory are dropped, for they may read them. */
  clearWeights(): Promise<void>;
  clearCache(): Promise<void>;
  /** Takes effect for the next job. */
  configure(settings: WorkerSettings): Promise<void>;
  /** Ends the running job without waiting for its step, where that is possible. */
  stopNow(): void;
  dispose(): Promise<void>;
}

/** The engine's process ended while it was needed. */
export class EngineStopped extends UserError {
  override readonly name = 'EngineStopped';
  /** How it ended, as part of a sentence. */
  readonly reason: string;

  constructor(reason: string) {
    super(`The engine stopped unexpectedly: ${reason}.`, { hint: 'It is being started again; try again.' });
    this.reason = reason;
  }
}
