import type { FileKind } from '../../nodes/core/inputs.ts';
import type { LiveValue } from '../../nodes/graph/live-values.ts';
import {
  EngineStopped,
  type EngineWorker,
  type PictureSource,
  type RunOutcome,
  type RunRequest,
  type WorkerEvent,
  type WorkerSettings,
  workerContract,
} from '../../nodes/host/worker.ts';
import { connectContract } from '../../nodes/protocol/client.ts';
import type { EngineState } from '../../nodes/protocol/contract.ts';
import { ConnectionLost } from '../../nodes/protocol/errors.ts';
import type { Client } from '../../nodes/protocol/peer.ts';
import type { EngineChild, ExitReport, SpawnEngine } from './engine-child.ts';
import { exitReason } from './exit-reason.ts';
import { StopWatch } from './stop-watch.ts';

type WorkerClient = Client<typeof workerContract>;

/** One engine process, from its start to its end. */
interface Life {
  readonly child: EngineChild;
  readonly client: WorkerClient;
  /** Rejects with what keeps the engine from working with these settings. */
  readonly ready: Promise<void>;
  readonly exited: Promise<void>;
  /** Why it is over; undefined while it lives. */
  reason?: string;
  /** Ended by us: `replace` for another one, `stop` to end a job. */
  ending?: 'replace' | 'stop';
}

interface SupervisorOptions {
  readonly spawn: SpawnEngine;
  readonly settings: WorkerSettings;
  readonly onState: (state: EngineState) => void;
  readonly onLog: (level: 'warning' | 'error', message: string) => void;
  readonly onDefect: (error: unknown) => void;
  /** How long a job may take to stop before its process is ended. */
  readonly graceMilliseconds?: number;
  /** Waits before the process is started again, by how often it ended in a row. */
  readonly restartDelays?: readonly number[];
}

const GRACE = 5000;
const RESTART_DELAYS = [0, 500, 1000, 2000, 4000];

/**
 * Computes in a process of its own, which may crash: its job is then rejected with EngineStopped, and
 * another process is started. A job that does not stop when asked is ended with its process.
 */
export class SupervisedWorker implements EngineWorker {
  readonly #options: SupervisorOptions;
  #settings: WorkerSettings;
  #life: Life | undefined;
  /** A start that waits for its time. */
  #launching: { readonly done: Promise<void>; readonly now: () => void } | undefined;
  #endsInRow = 0;
  #isBusy = false;
  #isStale = false;
  #isDisposed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#launch();
  }

  /** Of the engine process that lives now. */
  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  async run(
    request: RunRequest,
    { signal, onEvent }: { readonly signal: AbortSignal; readonly onEvent: (event: WorkerEvent) => void },
  ): Promise<RunOutcome> {
    this.#isBusy = true;
    try {
      const life = await this.#ready();
      if (signal.aborted) return { kind: 'cancelled' };
      const outcome = await this.#runOn(life, request, signal, onEvent);
      this.#endsInRow = 0;
      return outcome;
    } finally {
      this.#isBusy = false;
      if (this.#isStale) void this.#replace();
    }
  }

  async tune(job: string, values: readonly LiveValue[]): Promise<void> {
    try {
      await this.#life?.client.call('tune', { job, values: [...values] });
    } catch (error) {
      // The engine went away, and its job with it.
      if (!(error instanceof ConnectionLost)) throw error;
    }
  }

  preview(request: Omit<RunRequest, 'job'>) {
    return this.#ask((client) => client.call('preview', request));
  }

  list(kind: FileKind) {
    return this.#ask((client) => client.call('list', { kind }));
  }

  listModels() {
    return this.#ask((client) => client.call('list-models'));
  }

  modelPath(name: string) {
    return this.#ask((client) => client.call('model-path', { name }));
  }

  async thumbnail(source: PictureSource): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#ask((client) => client.call('thumbnail', source)));
  }

  status() {
    return this.#ask((client) => client.call('status'));
  }

  device() {
    return this.#ask((client) => client.call('device'));
  }

  selfTest() {
    return this.#ask((client) => client.call('self-test'));
  }

  weights() {
    return this.#ask((client) => client.call('weights'));
  }

  clearWeights(): Promise<void> {
    return this.#ask((client) => client.call('clear-weights'));
  }

  clearCache(): Promise<void> {
    return this.#ask((client) => client.call('clear-cache'));
  }

  async configure(settings: WorkerSettings): Promise<void> {
    const { cacheBytes, namePattern, ...rest } = settings;
    const { cacheBytes: _bytes, namePattern: _pattern, ...before } = this.#settings;
    this.#settings = settings;
    if (JSON.stringify(rest) === JSON.stringify(before)) {
      await this.#ask((client) => client.call('adjust', { cacheBytes, namePattern }));
      return;
    }
    if (this.#isBusy) this.#isStale = true;
    else await this.#replace();
  }

  stopNow(): void {
    if (this.#life && this.#isBusy) this.#stop(this.#life);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#launching?.now();
    await this.#end();
  }

  async #runOn(
    life: Life,
    request: RunRequest,
    signal: AbortSignal,
    onEvent: (event: WorkerEvent) => void,
  ): Promise<RunOutcome> {
    const { client } = life;
    const { job } = request;
    const watch = new StopWatch(this.#options.graceMilliseconds ?? GRACE, () => this.#stop(life));
    const offs = [
      client.on('told', (told) => {
        if (told.job !== job) return;
        watch.alive(performance.now(), told.event.kind === 'progress' ? told.event.node : undefined);
        onEvent(told.event);
      }),
      client.on('preview', ({ node, jpeg, ...told }) => {
        if (told.job === job) onEvent({ kind: 'preview', node, jpeg });
      }),
    ];
    const onAbort = () => {
      watch.stopAsked();
      // Whether it stops shows in the run itself.
      client.call('cancel', { job }).catch(() => undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await client.call('run', request);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      if (life.ending === 'stop') return { kind: 'cancelled' };
      throw new EngineStopped(life.reason ?? 'its line broke');
    } finally {
      watch.done();
      signal.removeEventListener('abort', onAbort);
      for (const off of offs) off();
    }
  }

  /** Asks the engine once it is there, and again if it was replaced meanwhile. */
  async #ask<T>(question: (client: WorkerClient) => Promise<T>): Promise<T> {
    for (;;) {
      const life = await this.#ready();
      try {
        return await question(life.client);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (life.ending === undefined || this.#isDisposed)
          throw new EngineStopped(life.reason ?? 'its line broke');
      }
    }
  }

  /** @throws UserError when the engine cannot be started. */
  async #ready(): Promise<Life> {
    for (;;) {
      if (this.#isDisposed) throw new EngineStopped('Kronode is closing');
      if (!this.#life && !this.#launching) this.#launch();
      await this.#launching?.done;
      const life = this.#life;
      if (life?.ending !== undefined) await life.exited;
      if (!life || life.ending !== undefined) continue;
      try {
        await life.ready;
        return life;
      } catch (error) {
        if (life.ending !== undefined && !this.#isDisposed) continue;
        if (error instanceof ConnectionLost) throw new EngineStopped(life.reason ?? 'its line broke');
        throw error;
      }
    }
  }

  #launch(): void {
    const { spawn, onState, onLog, onDefect } = this.#options;
    onState({ state: 'starting' });
    const child = spawn();
    const client = connectContract(workerContract, child.transport, {
      onFault: (message) => onLog('error', `The engine process: ${message}`),
    });
    client.on('defect', ({ message }) => onDefect(new Error(message)));
    const exited = new Promise<void>((resolve) => {
      child.onExit((report) => {
        this.#ended(life, report);
        resolve();
      });
    });
    const ready = client.call('start', this.#settings);
    const life: Life = { child, client, ready, exited };
    this.#life = life;
    ready.then(
      () => onState({ state: 'ready' }),
      (error: Error) => {
        // An exit is reported by itself.
        if (!(error instanceof ConnectionLost)) onState({ state: 'failed', message: error.message });
      },
    );
  }

  #ended(life: Life, report: ExitReport): void {
    life.reason = exitReason(report);
    if (this.#life === life) this.#life = undefined;
    if (life.ending === 'replace' || this.#isDisposed) return;
    const { onLog, onState, restartDelays = RESTART_DELAYS } = this.#options;
    if (life.ending === 'stop') {
      onLog('warning', 'The engine did not stop in time; it was ended and started again.');
      this.#launch();
      return;
    }
    const words = report.lastWords.trim();
    const message = `The engine stopped: ${life.reason}.`;
    onLog('error', words === '' ? message : `${message} Its last words: ${words.slice(-1000)}`);
    const delay = restartDelays[this.#endsInRow++];
    // After that, whoever needs the engine tries again.
    if (delay === undefined) onState({ state: 'failed', message });
    else {
      onState({ state: 'starting', message });
      this.#launchAfter(delay);
    }
  }

  #launchAfter(delay: number): void {
    let now: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      const launch = () => {
        clearTimeout(timer);
        this.#launching = undefined;
        if (!this.#isDisposed) this.#launch();
        resolve();
      };
      const timer = setTimeout(launch, delay);
      now = launch;
    });
    this.#launching = { done, now };
  }

  #stop(life: Life): void {
    life.ending = 'stop';
    life.child.kill();
  }

  async #replace(): Promise<void> {
    this.#isStale = false;
    if (this.#launching) return;
    await this.#end();
    if (!this.#life && !this.#isDisposed) this.#launch();
  }

  async #end(): Promise<void> {
    const life = this.#life;
    if (!life) return;
    life.ending = 'replace';
    life.child.kill();
    await life.exited;
  }
}
