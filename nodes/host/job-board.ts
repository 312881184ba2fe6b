import { messageOf, UserError } from '../core/errors.ts';
import type { Document } from '../document/schema.ts';
import { Cancelled } from '../execution/failure.ts';
import { type AddOptions, type Job, JobQueue } from '../execution/queue.ts';
import { type LiveValue, withLiveValues } from '../graph/live-values.ts';
import { titleOf } from '../graph/lookup.ts';
import { library } from '../library/index.ts';
import type { EventName, EventPayload, JobSummary } from '../protocol/contract.ts';
import type { KeptJob, KeptQueue } from './kept-queue.ts';
import { type PictureStore, pictureId } from './picture-store.ts';
import { TriedPictures } from './tried-pictures.ts';
import { EngineStopped, type EngineWorker, type RunOutcome, type WorkerEvent } from './worker.ts';

export type Emit = <N extends EventName>(name: N, payload: EventPayload<N>) => void;

type Done = Extract<RunOutcome, { kind: 'done' }>;
type Failed = Extract<RunOutcome, { kind: 'failed' }>;

/** A job that ended badly, as people are told of it. */
class JobFailure extends Error {
  readonly outcome: Failed;
  constructor(outcome: Failed) {
    super(outcome.message);
    this.outcome = outcome;
  }
}

/** What is known of a job beside its place in the queue. */
interface Record {
  readonly queuedAt: number;
  startedAt?: number;
  milliseconds?: number;
  stopping?: boolean;
  /** The node that runs now. */
  node?: string;
  /** Nodes whose pictures are seen on them. */
  readonly pictured: Set<string>;
  /** What a live job showed, of which the newest stays. */
  tried?: TriedPictures;
  /** Changes given to it since it was last started. */
  changes?: number;
}

const newRecord = (queuedAt: number): Record => ({ queuedAt, pictured: new Set() });

/** Finished jobs that can still be looked at. */
const KEPT_JOBS = 100;

interface BoardParts {
  readonly worker: EngineWorker;
  readonly pictures: PictureStore;
  readonly emit: Emit;
  /** Where jobs that have yet to run survive the end of Kronode. */
  readonly kept: KeptQueue;
  /** Hears how every run went, and what its nodes had to say. */
  readonly onInfo: (message: string) => void;
  readonly onDefect: (error: unknown, where: string) => void;
}

/** The jobs of all clients: queued, run one at a time on the worker, and told of. */
export class JobBoard {
  readonly #parts: BoardParts;
  readonly #queue: JobQueue<Done>;
  readonly #records = new Map<string, Record>();
  #running: string | undefined;

  /** @param idStart what job ids begin with: clients may remember those of an earlier host */
  constructor(parts: BoardParts, idStart: string) {
    this.#parts = parts;
    this.#queue = new JobQueue(
      (job, signal) => this.#execute(job, signal),
      (jobs) => this.#changed(jobs),
      idStart,
    );
  }

  list(): JobSummary[] {
    return this.#queue.jobs.map((job) => this.#summary(job));
  }

  /** Takes in the jobs of the session before; they are held until somebody says so. */
  restore(jobs: readonly KeptJob[]): void {
    for (const { id, queuedAt } of jobs) this.#records.set(id, newRecord(queuedAt));
    this.#queue.restore(jobs);
  }

  /** Lets the jobs run that were held. */
  release(): void {
    this.#queue.release();
  }

  start(document: Document, options?: AddOptions): string {
    return this.#queue.add(document, options);
  }

  /**
   * Other live values: for the job that runs at its next step, for one that is over by running it again.
   * @throws UserError where the job was cleared or does not take them
   */
  tune(id: string, values: readonly LiveValue[]): void {
    const { document, state } = this.#jobOf(id);
    this.#queue.change(id, withLiveValues(document, library, values));
    if (state.kind !== 'running') return;
    const record = this.#record(id);
    record.changes = (record.changes ?? 0) + 1;
    this.#parts.worker
      .tune(id, values)
      .catch((error: unknown) => this.#parts.onDefect(error, 'a live value'));
  }

  /** Takes back what waits and asks what runs to stop; `force` does not wait for its step to end. */
  cancel(id: string | undefined, force = false): void {
    const running = this.#running;
    if (running !== undefined && (id ?? running) === running) {
      this.#record(running).stopping = true;
      this.#parts.emit('queue/changed', this.list());
    }
    if (id === undefined) this.#queue.cancelAll();
    else this.#queue.cancel(id);
    if (force && running !== undefined && (id ?? running) === running) this.#parts.worker.stopNow();
  }

  move(id: string, position: number): void {
    this.#queue.move(id, position);
  }

  clearFinished(): void {
    this.#queue.clearFinished();
  }

  clearWaiting(): void {
    this.#queue.clearWaiting();
  }

  /** @throws UserError when the job was cleared. */
  document(id: string): Document {
    return this.#jobOf(id).document;
  }

  #jobOf(id: string): Job<Done> {
    const job = this.#queue.jobs.find((other) => other.id === id);
    if (!job) throw new UserError('This job is not in the list any more.');
    return job;
  }

  async #execute(job: Job<Done>, signal: AbortSignal): Promise<Done> {
    const record = this.#record(job.id);
    record.startedAt = performance.now();
    if (job.live) record.tried ??= new TriedPictures();
    try {
      for (;;) {
        record.changes = 0;
        const outcome = await this.#parts.worker.run(
          {
            job: job.id,
            document: this.document(job.id),
            ...(job.targets && { targets: [...job.targets] }),
            ...(job.live && { live: true }),
          },
          { signal, onEvent: (event) => this.#tell(job.id, event) },
        );
        if (outcome.kind === 'cancelled') throw new Cancelled();
        if (outcome.kind === 'failed') throw new JobFailure(outcome);
        // A change that met the very end of the run, or an engine that was still starting.
        if (outcome.changes >= record.changes) return outcome;
      }
    } catch (error) {
      if (error instanceof JobFailure || error instanceof Cancelled) throw error;
      throw new JobFailure(this.#brokenOff(job, error));
    } finally {
      record.milliseconds = performance.now() - record.startedAt;
    }
  }

  /** The worker itself failed: the node that was running is where a person will look. */
  #brokenOff(job: Job<Done>, error: unknown): Failed {
    const { node } = this.#record(job.id);
    if (!(error instanceof EngineStopped)) {
      if (!(error instanceof UserError)) this.#parts.onDefect(error, 'a run');
      const hint = error instanceof UserError ? error.hint : undefined;
      return { kind: 'failed', message: messageOf(error), ...(hint !== undefined && { hint }) };
    }
    const outcome: Failed = {
      kind: 'failed',
      message: `The engine stopped${node === undefined ? '' : ` while ${nameOf(job.document, node)} ran`}: ${error.reason}.`,
      hint: 'It was started again; the workflow and the waiting jobs are untouched. If it happens again, use a smaller size or another provider.',
      ...(node !== undefined && { node }),
    };
    if (node !== undefined) {
      const { message, hint = '' } = outcome;
      this.#parts.emit('run/node-failed', { job: job.id, node, message, hint });
    }
    return outcome;
  }

  #tell(job: string, event: WorkerEvent): void {
    const { emit, pictures, onInfo } = this.#parts;
    const record = this.#record(job);
    switch (event.kind) {
      case 'started':
        record.node = event.node;
        record.pictured.delete(event.node);
        emit('run/node-started', { job, node: event.node });
        break;
      case 'progress':
        emit('run/progress', { job, ...withoutKind(event) });
        break;
      case 'preview':
        // One that was drawn too late must not cover what the node made.
        if (!record.pictured.has(event.node)) emit('run/preview', { job, ...withoutKind(event) });
        break;
      case 'notice':
        emit('run/notice', { job, ...withoutKind(event) });
        if (!record.tried) onInfo(`${nameOf(this.document(job), event.node)} says: ${event.message}`);
        break;
      case 'text':
        emit('run/text', { job, ...withoutKind(event) });
        break;
      case 'bars':
        emit('run/bars', { job, ...withoutKind(event) });
        break;
      case 'picture': {
        record.pictured.add(event.node);
        if (record.tried) this.#replace(record.tried, event);
        const picture = pictures.add(job, event, this.document(job));
        emit('run/picture', picture);
        if (record.tried) break;
        // Asked for now, while the worker listens: during a step it is deaf.
        pictures.bytes(picture.id, 'thumbnail').catch((error: unknown) => {
          if (!(error instanceof UserError)) this.#parts.onDefect(error, 'a thumbnail');
        });
        break;
      }
      case 'finished':
        if (record.node === event.node) delete record.node;
        record.tried?.over(event.node);
        emit('run/node-finished', { job, ...withoutKind(event) });
        break;
      case 'failed':
        emit('run/node-failed', { job, ...withoutKind(event) });
        break;
    }
  }

  /** A picture that was tried makes room for the next, unless it is there for another reason too. */
  #replace(tried: TriedPictures, event: Extract<WorkerEvent, { kind: 'picture' }>): void {
    const { emit, pictures, onDefect } = this.#parts;
    const id = pictureId(event);
    const ids = tried.add(event.node, id, pictures.has(id));
    if (ids.length === 0) return;
    pictures.delete(ids).catch((error: unknown) => onDefect(error, 'a live picture'));
    emit('pictures/deleted', { ids });
  }

  #changed(jobs: readonly Job<Done>[]): void {
    for (const id of this.#records.keys()) if (!jobs.some((job) => job.id === id)) this.#records.delete(id);
    const over = jobs.find(({ id, state }) => id === this.#running && state.kind !== 'running');
    this.#running = jobs.find(({ state }) => state.kind === 'running')?.id;
    if (over) delete this.#record(over.id).stopping;
    this.#parts.kept.keep(jobs.filter(isToBeKept).map((job) => this.#kept(job)));
    this.#parts.emit('queue/changed', this.list());
    if (!over) return;
    const { timings, counters } =
      over.state.kind === 'done' ? over.state.result : { timings: [], counters: {} };
    const summary = this.#summary(over);
    if (!over.live) this.#parts.onInfo(sentenceOf(summary, timings));
    this.#parts.emit('run/finished', { job: summary, timings, counters });
    this.#queue.clearFinished(KEPT_JOBS);
  }

  #kept({ id, document, targets }: Job<Done>): KeptJob {
    return { id, document, targets, queuedAt: this.#record(id).queuedAt };
  }

  #record(id: string): Record {
    const record = this.#records.get(id) ?? newRecord(Date.now());
    this.#records.set(id, record);
    return record;
  }

  #summary({ id, document, live, state }: Job<Done>): JobSummary {
    const { queuedAt, milliseconds, stopping } = this.#record(id);
    const failure =
      state.kind === 'failed' && state.error instanceof JobFailure ? state.error.outcome : undefined;
    return {
      id,
      title: document.meta?.title ?? '',
      queuedAt,
      state: state.kind,
      ...(milliseconds !== undefined && { milliseconds }),
      ...(stopping && { stopping }),
      ...(state.kind === 'pending' && state.held && { held: true }),
      ...(live && { live }),
      seeds: seedsOf(document),
      ...(failure && withoutKind(failure)),
    };
  }
}

/** What was being tried is over when Kronode ends; everything else somebody waits for. */
const isToBeKept = ({ live, state }: Job<Done>): boolean =>
  !live && (state.kind === 'pending' || state.kind === 'running');

/** How a run went, as a line of the log. */
function sentenceOf(
  { title, state, milliseconds = 0, message }: JobSummary,
  timings: Done['timings'],
): string {
  const name = title === '' ? 'A workflow without a name' : `“${title}”`;
  const seconds = `${(milliseconds / 1000).toFixed(2)} s`;
  if (state === 'failed') return `${name} failed after ${seconds}: ${message ?? ''}`;
  if (state === 'cancelled') return `${name} was cancelled after ${seconds}.`;
  const computed = timings.filter(({ cached }) => !cached).length;
  return `${name} took ${seconds}: ${computed} nodes computed, ${timings.length - computed} known from before.`;
}

/** Documents do not change: each is looked through once. */
const knownSeeds = new WeakMap<Document, string[]>();

/** Seeds that are set on nodes, subgraphs included. */
function seedsOf(document: Document): string[] {
  const known = knownSeeds.get(document);
  if (known) return known;
  const seeds = [document, ...Object.values(document.definitions ?? {})]
    .flatMap(({ nodes }) => Object.values(nodes))
    .flatMap(({ type, inputs }) =>
      Object.entries(library.get(type)?.inputs ?? {}).flatMap(([input, { kind }]) =>
        kind === 'seed' || kind === 'seeds' ? [inputs[input] ?? []].flat().map(String) : [],
      ),
    );
  const unique = [...new Set(seeds)];
  knownSeeds.set(document, unique);
  return unique;
}

function withoutKind<T extends { readonly kind: string }>(event: T): Omit<T, 'kind'> {
  const { kind: _kind, ...rest } = event;
  return rest;
}

function nameOf(document: Document, id: string): string {
  const node = document.nodes[id];
  const definition = node && library.get(node.type);
  return definition ? `“${titleOf(node, definition)}”` : id;
}
