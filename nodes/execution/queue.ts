import type { Document } from '../document/schema.ts';
import { Cancelled } from './failure.ts';
import type { RunResult } from './run.ts';

/** A job: a workflow as it was when it was queued, and what became of it. */
export interface Job<Result = RunResult> {
  readonly id: string;
  readonly document: Document;
  /** Nodes to compute; undefined = everything that shows or saves. */
  readonly targets: readonly string[] | undefined;
  /** Values are being tried: it shows pictures and writes nothing. */
  readonly live: boolean;
  readonly state: JobState<Result>;
}

export type JobState<Result = RunResult> =
  /** One that is held waits for {@link JobQueue.release}. */
  | { readonly kind: 'pending'; readonly held?: boolean }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled' };

export interface AddOptions {
  readonly targets?: readonly string[] | undefined;
  /** Before all that wait. */
  readonly front?: boolean | undefined;
  /** Shows only. */
  readonly live?: boolean | undefined;
}

type Execute<Result> = (job: Job<Result>, signal: AbortSignal) => Promise<Result>;

/**
 * Jobs in order, one running at a time. Listeners hear every change of the list; a finished job
 * stays in it until it is cleared.
 */
export class JobQueue<Result = RunResult> {
  readonly #execute: Execute<Result>;
  readonly #onChange: (jobs: readonly Job<Result>[]) => void;
  readonly #idStart: string;
  #jobs: readonly Job<Result>[] = [];
  #running: { readonly id: string; readonly controller: AbortController } | undefined;
  #count = 0;

  /** @param idStart what ids begin with; queues whose jobs may meet need different ones */
  constructor(
    execute: Execute<Result>,
    onChange: (jobs: readonly Job<Result>[]) => void = () => undefined,
    idStart = 'job',
  ) {
    this.#execute = execute;
    this.#onChange = onChange;
    this.#idStart = idStart;
  }

  get jobs(): readonly Job<Result>[] {
    return this.#jobs;
  }

  /** Queues a job and returns its id; `front` puts it before all that wait. */
  add(document: Document, { targets, front = false, live = false }: AddOptions = {}): string {
    const job: Job<Result> = {
      id: `${this.#idStart}-${++this.#count}`,
      document,
      targets,
      live,
      state: { kind: 'pending' },
    };
    const at = front ? placeInFront(this.#jobs) : this.#jobs.length;
    this.#set(this.#jobs.toSpliced(at, 0, job));
    void this.#next();
    return job.id;
  }

  /** Puts jobs of an earlier queue back, in their order; they are held. */
  restore(jobs: readonly Pick<Job<Result>, 'id' | 'document' | 'targets'>[]): void {
    const held = jobs.map((job) => ({
      ...job,
      live: false,
      state: { kind: 'pending', held: true } as const,
    }));
    if (held.length > 0) this.#set([...held, ...this.#jobs]);
  }

  /** Lets every job run that is held. */
  release(): void {
    this.#set(
      this.#jobs.map((job) =>
        job.state.kind === 'pending' && job.state.held ? { ...job, state: { kind: 'pending' } } : job,
      ),
    );
    void this.#next();
  }

  /** Moves a waiting job so that it runs as the `position`-th of those that wait (from 0). */
  move(id: string, position: number): void {
    const job = this.#jobs.find((other) => other.id === id);
    if (job?.state.kind !== 'pending') return;
    const rest = this.#jobs.filter((other) => other.id !== id);
    const waiting = rest.filter(({ state }) => state.kind === 'pending');
    const before = waiting[Math.max(position, 0)];
    this.#set(rest.toSpliced(before ? rest.indexOf(before) : rest.length, 0, job));
  }

  /**
   * Gives a job another document. One that is over runs again, live and before all that wait; one that
   * runs is told nothing.
   */
  change(id: string, document: Document): void {
    const job = this.#jobs.find((other) => other.id === id);
    if (!job) return;
    const next = { ...job, document };
    if (job.state.kind === 'pending' || job.state.kind === 'running') {
      this.#jobs = this.#jobs.with(this.#jobs.indexOf(job), next);
      return;
    }
    const rest = this.#jobs.filter((other) => other !== job);
    this.#set(rest.toSpliced(placeInFront(rest), 0, { ...next, live: true, state: { kind: 'pending' } }));
    void this.#next();
  }

  /** Takes a waiting job out, or asks the running one to stop at its next step. */
  cancel(id: string): void {
    if (this.#running?.id === id) this.#running.controller.abort();
    else if (this.#jobs.some((job) => job.id === id && job.state.kind === 'pending'))
      this.#update(id, { kind: 'cancelled' });
  }

  cancelAll(): void {
    for (const { id } of this.#jobs) this.cancel(id);
  }

  /** Takes out every job that waits. */
  clearWaiting(): void {
    this.#set(this.#jobs.filter(({ state }) => state.kind !== 'pending'));
  }

  /** Forgets the jobs that are over, except the newest `keep` of them. */
  clearFinished(keep = 0): void {
    const isOver = ({ state }: Job<Result>) => state.kind !== 'pending' && state.kind !== 'running';
    const over = this.#jobs.filter(isOver);
    const forgotten = new Set(over.slice(0, Math.max(over.length - keep, 0)));
    if (forgotten.size > 0) this.#set(this.#jobs.filter((job) => !forgotten.has(job)));
  }

  async #next(): Promise<void> {
    if (this.#running) return;
    const job = this.#jobs.find(({ state }) => state.kind === 'pending' && !state.held);
    if (!job) return;
    const controller = new AbortController();
    this.#running = { id: job.id, controller };
    this.#update(job.id, { kind: 'running' });
    try {
      this.#update(job.id, { kind: 'done', result: await this.#execute(job, controller.signal) });
    } catch (error) {
      this.#update(job.id, error instanceof Cancelled ? { kind: 'cancelled' } : { kind: 'failed', error });
    } finally {
      this.#running = undefined;
    }
    void this.#next();
  }

  #update(id: string, state: JobState<Result>): void {
    this.#set(this.#jobs.map((job) => (job.id === id ? { ...job, state } : job)));
  }

  #set(jobs: readonly Job<Result>[]): void {
    this.#jobs = jobs;
    this.#onChange(jobs);
  }
}

/** Where a job goes that is to run before all that wait. */
function placeInFront(jobs: readonly { readonly state: { readonly kind: string } }[]): number {
  const firstPending = jobs.findIndex(({ state }) => state.kind === 'pending');
  return firstPending >= 0 ? firstPending : jobs.length;
}
