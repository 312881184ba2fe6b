import { messageOf } from '../core/errors.ts';
import type { FileKind } from '../core/inputs.ts';
import { Engine } from '../engine.ts';
import type { Artifact } from '../execution/context.ts';
import type { RunEvent } from '../execution/events.ts';
import type { Fact } from '../execution/services.ts';
import { TunedRun } from '../execution/tuned-run.ts';
import { type LiveValue, withLiveValues } from '../graph/live-values.ts';
import { makeThumbnail } from '../inference/images/thumbnail.ts';
import type { EngineServices, ServiceSettings } from '../inference/services/index.ts';
import { PictureFolders } from '../inference/services/picture-folders.ts';
import { library } from '../library/index.ts';
import type { ConvertedWeights, DeviceReport, ModelCard, SelfTestReport } from '../protocol/contract.ts';
import { forecastMemory } from './memory-forecast.ts';
import { PreviewMaker } from './preview-maker.ts';
import { outcomeOf } from './run-outcome.ts';
import type {
  Adjustment,
  EngineWorker,
  PictureSource,
  RunOutcome,
  RunRequest,
  WorkerEvent,
  WorkerSettings,
} from './worker.ts';

export type CreateServices = (settings: ServiceSettings) => Promise<EngineServices>;

interface Parts {
  readonly services: EngineServices;
  readonly engine: Engine;
}

/** Computes in this very process. */
export class LocalWorker implements EngineWorker {
  readonly #createServices: CreateServices;
  readonly #onDefect: (error: unknown) => void;
  #settings: WorkerSettings;
  #parts: Promise<Parts>;
  #running: { readonly job: string; readonly run: TunedRun } | undefined;
  /** Settles when nothing runs. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(createServices: CreateServices, settings: WorkerSettings, onDefect: (error: unknown) => void) {
    this.#createServices = createServices;
    this.#onDefect = onDefect;
    this.#settings = settings;
    this.#parts = this.#start();
  }

  /** @throws UserError when the services cannot be had with these settings. */
  async ready(): Promise<void> {
    await this.#parts;
  }

  async run(
    { job, document, targets, live }: RunRequest,
    { signal, onEvent }: { readonly signal: AbortSignal; readonly onEvent: (event: WorkerEvent) => void },
  ): Promise<RunOutcome> {
    const previews = new PreviewMaker(
      (node, jpeg) => onEvent({ kind: 'preview', node, jpeg }),
      (node, error) =>
        onEvent({ kind: 'notice', node, message: `No preview could be drawn: ${messageOf(error)}` }),
    );
    const run = new TunedRun(document, {
      signal,
      onEvent: (event) => {
        if ((event.kind === 'progress' || event.kind === 'preview') && event.preview)
          previews.ask(event.node, event.preview);
        if (event.kind !== 'preview') onEvent(workerEvent(event));
      },
    });
    const compute = async (): Promise<RunOutcome> => {
      try {
        const { engine, services } = await this.#parts;
        const before = { ...services.status().counters };
        const asked = { ...(targets && { targets }), ...(live && { live }) };
        const { timings, milliseconds, changes } = await run.result({
          plan: (wanted) => engine.plan(wanted, targets, live),
          run: (wanted, attempt) => engine.run(wanted, { ...asked, ...attempt }),
        });
        await previews.shown();
        return {
          kind: 'done',
          timings: timings.map((timing) => ({ ...timing, units: [...timing.units] })),
          counters: differences(services.status().counters, before),
          milliseconds,
          changes,
        };
      } catch (error) {
        return outcomeOf(error, this.#onDefect);
      } finally {
        previews.close();
        if (this.#running?.run === run) this.#running = undefined;
      }
    };
    this.#running = { job, run };
    const outcome = compute();
    this.#idle = outcome;
    return outcome;
  }

  async tune(job: string, values: readonly LiveValue[]): Promise<void> {
    if (this.#running?.job !== job) return;
    const { run } = this.#running;
    run.change(withLiveValues(run.document, library, values));
  }

  async preview({ document, targets }: Omit<RunRequest, 'job'>) {
    const { engine, services } = await this.#parts;
    const plan = engine.plan(document, targets);
    if (plan.problems.some(({ severity }) => severity === 'error'))
      return { nodes: {}, problems: [...plan.problems] };
    const nodes = await engine.executor.preview(plan);
    const runs = new Set([...nodes].filter(([, state]) => state === 'run').map(([id]) => id));
    const memory = await forecastMemory(plan, runs, (request) => services.forecast(request));
    return {
      nodes: Object.fromEntries(nodes),
      problems: [...plan.problems, ...memory.problems],
      ...(memory.notices.length > 0 && { notices: [...memory.notices] }),
    };
  }

  async list(kind: FileKind) {
    return (await this.#parts).services.models.list(kind);
  }

  async listModels(): Promise<ModelCard[]> {
    const cards = await (await this.#parts).services.modelCards();
    return cards.map((card) => structuredClone(card) as ModelCard);
  }

  async modelPath(name: string): Promise<string> {
    return (await this.#parts).services.modelPath(name);
  }

  async thumbnail(source: PictureSource): Promise<Uint8Array<ArrayBuffer>> {
    if (source.kind === 'png') return makeThumbnail(source.png, 'The picture');
    if (source.kind === 'path') return makeThumbnail(source.path, 'The picture');
    const folders = new PictureFolders(this.#settings.pictureFolders);
    return makeThumbnail(await folders.resolve(source.name), `The picture ${source.name}`);
  }

  async status() {
    const { services, engine } = await this.#parts;
    return {
      provider: services.provider.name,
      providerReason: services.provider.reason,
      memory: { processBytes: process.memoryUsage.rss(), cacheBytes: engine.executor.cache.bytes },
      counters: { ...services.status().counters },
    };
  }

  async clearCache(): Promise<void> {
    (await this.#parts).engine.executor.cache.clear();
  }

  async device(): Promise<DeviceReport> {
    const report = await (await this.#parts).services.device();
    return { ...report, providers: [...report.providers], residents: [...report.residents] };
  }

  async selfTest(): Promise<SelfTestReport> {
    await this.#idle;
    return (await this.#parts).services.selfTest();
  }

  async weights(): Promise<ConvertedWeights> {
    return (await this.#parts).services.convertedWeights();
  }

  async clearWeights(): Promise<void> {
    await this.#idle;
    const parts = await this.#parts;
    const cleared = parts.services.clearConvertedWeights();
    // A job that starts meanwhile waits.
    this.#parts = cleared.then(
      () => parts,
      () => parts,
    );
    await cleared;
  }

  /** Takes what can change while everything stays in memory. */
  async adjust(change: Adjustment): Promise<void> {
    this.#settings = { ...this.#settings, ...change };
    (await this.#parts).engine.executor.cache.setBudget(change.cacheBytes);
  }

  async configure(settings: WorkerSettings): Promise<void> {
    const previous = this.#parts;
    this.#settings = settings;
    this.#parts = this.#idle.then(async () => {
      await disposeOf(previous);
      return this.#start();
    });
    // Every call that needs the services reports why they cannot be had.
    this.#parts.catch(() => undefined);
  }

  stopNow(): void {
    // In one process nothing ends before its step does.
  }

  async dispose(): Promise<void> {
    await this.#idle;
    await disposeOf(this.#parts);
  }

  #start(): Promise<Parts> {
    const settings = this.#settings;
    const namePattern = () => this.#settings.namePattern;
    const { networkBytes, ...rest } = settings;
    const given = { ...rest, namePattern, ...(networkBytes > 0 && { networkBytes }) };
    const parts = this.#createServices(given).then((services) => ({
      services,
      engine: new Engine(services, settings.cacheBytes),
    }));
    parts.catch(() => undefined);
    return parts;
  }
}

type Counters = Readonly<Record<string, number>>;

const differences = (now: Counters, before: Counters): Record<string, number> =>
  Object.fromEntries(Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)]));

/** What could not be made needs no disposal. */
const disposeOf = (parts: Promise<Parts>): Promise<void> =>
  parts.then(
    ({ services }) => services.dispose(),
    () => undefined,
  );

function workerEvent(event: Exclude<RunEvent, { kind: 'preview' }>): WorkerEvent {
  switch (event.kind) {
    case 'progress': {
      const { kind, node, done, total, unit, rate, secondsLeft } = event;
      return {
        kind,
        node,
        done,
        total,
        unit,
        ...(rate !== undefined && { rate }),
        ...(secondsLeft !== undefined && { secondsLeft }),
      };
    }
    case 'artifact':
      return artifactEvent(event.node, event.artifact, event.facts);
    case 'finished':
      return { ...event, outputs: { ...event.outputs } };
    case 'failed': {
      const { kind, node, message, hint } = event;
      return { kind, node, message, ...(hint !== undefined && { hint }) };
    }
    default:
      return event;
  }
}

function artifactEvent(node: string, artifact: Artifact, facts: readonly Fact[]): WorkerEvent {
  if (artifact.kind === 'text') return { kind: 'text', node, text: artifact.text };
  if (artifact.kind === 'bars') return { kind: 'bars', node, bars: artifact.bars.map((bar) => ({ ...bar })) };
  const { width, height } = artifact;
  const source =
    artifact.kind === 'saved-picture' ? { path: artifact.path } : { png: new Uint8Array(artifact.png) };
  return { kind: 'picture', node, source, width, height, facts: facts.map((fact) => ({ ...fact })) };
}
