import type { Document } from '../../nodes/document/schema.ts';
import { liveValuesBetween } from '../../nodes/graph/live-values.ts';
import type { JobSummary } from '../../nodes/protocol/contract.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import { catalogue } from '../state/catalogue-store.ts';
import { runtimeOf, runtimeStore } from '../state/runtime-store.ts';
import type { Tab } from '../state/workspace.ts';
import { wantedDocument } from './live-store.ts';

/**
 * Rounds that take less are let come to their end: whole pictures, several a second. Longer ones are
 * overtaken at their next step, whose preview is what there is to see.
 */
const PATIENCE = 400;
/** Share of a round beyond its steps, where only those are known. */
const AROUND_STEPS = 1.5;

/** The job that the live values of a document go to. */
interface LiveJob {
  readonly job: string;
  /** What it computes now was asked for by a value that moved, not by a person who wanted a run. */
  isLive: boolean;
  /** As the engine has it. */
  document: Document;
  /** When what it computes now was asked for; undefined when it is over. */
  askedAt: number | undefined;
  /** What its newest picture was made from. */
  shown?: Document;
  /** Milliseconds of its last whole round. */
  round?: number;
}

interface Parts {
  readonly engine: EngineClient;
  /** Whether values are to be followed now. */
  readonly isOn: () => boolean;
  /** Starts a job that only shows, and tells its id. */
  readonly start: (tab: Tab, document: Document) => Promise<string>;
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps pictures in step with live values while they move. Each document has at most one job, which is
 * given the newest values; those in between are never sent.
 */
export class LiveRuns {
  readonly #parts: Parts;
  readonly #jobs = new Map<string, LiveJob>();
  readonly #sending = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A run of this state of a document was asked for: values that move go to it from now on. */
  follow(tab: string, job: string, document: Document): void {
    this.#take(tab, { job, document, isLive: false, askedAt: performance.now() });
  }

  /** Brings the picture of a tab up to date with what it is to show. */
  update(tab: Tab): void {
    void this.#send(tab);
  }

  /** A job is over; values that moved meanwhile come next. */
  finished(tab: Tab, { id, state }: JobSummary): void {
    const known = this.#jobs.get(tab.id);
    if (known?.job !== id) return;
    if (state === 'done' && known.askedAt !== undefined) known.round = performance.now() - known.askedAt;
    known.askedAt = undefined;
    if (state === 'done') known.shown = known.document;
    if (state === 'done' && this.#parts.isOn()) this.update(tab);
  }

  /** What the newest picture of a tab was made from, where that is known. */
  shown(tab: string): Document | undefined {
    return this.#jobs.get(tab)?.shown;
  }

  forget(tab: string): void {
    clearTimeout(this.#timers.get(tab));
    this.#timers.delete(tab);
    this.#jobs.delete(tab);
  }

  async #send(tab: Tab): Promise<void> {
    if (this.#sending.has(tab.id)) return;
    clearTimeout(this.#timers.get(tab.id));
    const wanted = wantedDocument(tab);
    const known = this.#jobs.get(tab.id);
    const values =
      known && this.#takesValues(known) && liveValuesBetween(wanted, known.document, catalogue());
    if (values && values.length === 0) return;
    if (known && values && this.#isSoonDone(tab.id, known)) {
      this.#timers.set(
        tab.id,
        setTimeout(() => this.update(tab), PATIENCE),
      );
      return;
    }
    this.#sending.add(tab.id);
    try {
      if (known && values) {
        known.document = wanted;
        known.isLive = true;
        known.askedAt = performance.now();
        await this.#parts.engine.call('run/tune', { job: known.job, values: [...values] });
      } else {
        const askedAt = performance.now();
        const job = await this.#parts.start(tab, wanted);
        this.#take(tab.id, { job, document: wanted, isLive: true, askedAt });
      }
    } catch (error) {
      // Without its job the next value starts another one.
      this.#jobs.delete(tab.id);
      this.#parts.onError(error);
      return;
    } finally {
      this.#sending.delete(tab.id);
    }
    this.update(tab);
  }

  /** Until a job has made its first picture, the one that is shown is that of the job before. */
  #take(tab: string, job: LiveJob): void {
    const shown = this.shown(tab);
    this.#jobs.set(tab, { ...job, ...(shown && { shown }) });
  }

  /** A run that was asked for and still waits keeps its values; one that was cleared takes none. */
  #takesValues({ job, isLive }: LiveJob): boolean {
    const summary = runtimeStore.getState().queue.find(({ id }) => id === job);
    return summary !== undefined && (isLive || summary.state !== 'pending');
  }

  #isSoonDone(tab: string, { askedAt, round }: LiveJob): boolean {
    if (askedAt === undefined) return false;
    const expected = round ?? expectedRound(tab);
    const elapsed = performance.now() - askedAt;
    return expected !== undefined && expected <= PATIENCE && elapsed < 2 * PATIENCE;
  }
}

/** Milliseconds of a round, from the pace of the steps that were seen; undefined before there were any. */
function expectedRound(tab: string): number | undefined {
  const paces = Object.values(runtimeOf(tab).nodes).flatMap(({ progress }) =>
    progress?.unit === 'step' && progress.rate ? [progress.total / progress.rate] : [],
  );
  if (paces.length === 0) return undefined;
  return paces.reduce((sum, seconds) => sum + seconds, 0) * 1000 * AROUND_STEPS;
}
