import { toast } from 'sonner';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { sameJson } from '../../nodes/core/same-json.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { liveValuesBetween } from '../../nodes/graph/live-values.ts';
import type { JobSummary } from '../../nodes/protocol/contract.ts';
import { engineText } from '../i18n/engine-text.ts';
import { text } from '../i18n/index.ts';
import { LiveRuns } from '../live/live-runs.ts';
import { liveStore } from '../live/live-store.ts';
import { catalogue, setCatalogue } from '../state/catalogue-store.ts';
import { newGesture } from '../state/gesture.ts';
import {
  emptyRuntime,
  runtimeOf,
  runtimeStore,
  setOutlook,
  setPreview,
  type TabRuntime,
  updateNodeRun,
  updateRuntime,
} from '../state/runtime-store.ts';
import { seedPlace, seedsIn } from '../state/seed-policy.ts';
import { setUi, uiStore } from '../state/ui-store.ts';
import { activeTab, type Tab, tabOf, workspace } from '../state/workspace.ts';
import type { EngineClient } from './engine-client.ts';

/** Milliseconds of quiet before a change is previewed or run. */
const QUIET = 250;

/** Joins the open documents to the engine: starts runs, hears of them, keeps the runtime store. */
export class RunSession {
  readonly engine: EngineClient;
  /** Whose document each job is a run of. */
  readonly #tabs = new Map<string, string>();
  readonly #seeds = new Map<string, Record<string, string>>();
  #previewTimer: ReturnType<typeof setTimeout> | undefined;
  #runTimer: ReturnType<typeof setTimeout> | undefined;
  #movingSeeds = false;
  readonly #seedGesture = newGesture('seeds');
  readonly #live: LiveRuns;
  /** The picture to be shown at a node, by `tab node`: those before it may arrive late. */
  readonly #newestPictures = new Map<string, string>();

  constructor(engine: EngineClient) {
    this.engine = engine;
    this.#live = new LiveRuns({
      engine,
      isOn: () => uiStore.getState().live || liveStore.getState().held !== undefined,
      start: (tab, document) => this.#queueRun(tab, document, { front: true, live: true }),
      onError: tell,
    });
    this.#hearEvents();
    engine.onConnection((connection) => {
      runtimeStore.setState({ connection });
      if (connection.kind === 'connected') void this.refresh();
      else this.#failRunning();
    });
    runtimeStore.setState({ connection: engine.connection });
    this.#followDocuments();
  }

  /** Queues the document in front, as often as the batch count says. */
  async start(targets?: readonly string[], front = false): Promise<void> {
    const tab = activeTab();
    const { batchCount } = uiStore.getState();
    try {
      for (let i = 0; i < (targets ? 1 : batchCount); i++) await this.#startOnce(tab, targets, front);
    } catch (error) {
      tell(error);
    }
  }

  async interrupt(): Promise<void> {
    const running = runtimeStore.getState().queue.find((job) => job.state === 'running');
    if (!running) return;
    await this.engine.call('run/cancel', { job: running.id }).catch(tell);
  }

  /** The tab whose document a job is a run of, while it is open. */
  tabOfJob(job: string): Tab | undefined {
    const tab = this.#tabs.get(job);
    return tab === undefined ? undefined : tabOf(tab);
  }

  /** Lets runs from before this page was opened, or of a tab that was closed, show in the document they are of. */
  async adoptRuns(): Promise<void> {
    try {
      for (const { id, state } of await this.engine.call('queue/list')) {
        if ((state !== 'running' && state !== 'pending') || this.tabOfJob(id)) continue;
        const { nodes, wires } = await this.engine.call('queue/document', { job: id });
        const tab = workspace
          .getState()
          .tabs.find(({ store: { document } }) => sameJson([nodes, wires], [document.nodes, document.wires]));
        if (tab) this.#tabs.set(id, tab.id);
      }
    } catch (error) {
      tell(error);
    }
  }

  async cancelAll(): Promise<void> {
    await this.engine.call('run/cancel', {}).catch(tell);
  }

  /** What the picture on the canvas was made from. */
  shownDocument(tab: Tab): Document {
    return this.#live.shown(tab.id) ?? tab.store.document;
  }

  async #startOnce(tab: Tab, targets: readonly string[] | undefined, front: boolean): Promise<void> {
    const { document } = tab.store;
    const job = await this.#queueRun(tab, document, {
      ...(targets && { targets: [...targets] }),
      ...(front && { front }),
    });
    this.#moveSeeds(tab, document);
    // A run to a node alone shows less than the values are about.
    if (targets) this.#live.forget(tab.id);
    else this.#live.follow(tab.id, job, tab.store.document);
  }

  /** Queues a document of a tab and returns the job. */
  async #queueRun(
    tab: Tab,
    document: Document,
    options: { readonly targets?: string[]; readonly front?: boolean; readonly live?: boolean },
  ): Promise<string> {
    const { job } = await this.engine.call('run/start', { document: withTitle(document, tab), ...options });
    this.#tabs.set(job, tab.id);
    this.#seeds.set(
      job,
      Object.fromEntries(
        seedsIn(document, catalogue(), tab.id).map(({ definition, node, input, value }) => [
          `${seedPlace(definition, node)} ${input}`,
          [value].flat().join(', '),
        ]),
      ),
    );
    return job;
  }

  /** Sets the seeds of the run after this one, as their policies say. */
  #moveSeeds(tab: Tab, document: Document): void {
    const moved = seedsIn(document, catalogue(), tab.id).filter(({ next }) => next !== undefined);
    if (moved.length === 0) return;
    // The next run's seeds are no change that asks for a run.
    this.#movingSeeds = true;
    tab.store.editDocument(
      text('history.seeds'),
      (draft) => {
        for (const { definition, node, input, next } of moved) {
          const graph = definition === undefined ? draft : draft.definitions?.[definition];
          const target = graph?.nodes[node];
          if (target && next !== undefined)
            target.inputs[input] = typeof next === 'string' ? next : [...next];
        }
      },
      { merge: this.#seedGesture },
    );
    this.#movingSeeds = false;
  }

  #hearEvents(): void {
    const { engine } = this;
    const withTab = (job: string, act: (tab: string) => void) => {
      const tab = this.#tabs.get(job);
      if (tab && tabOf(tab)) act(tab);
    };
    engine.on('queue/changed', (queue) => runtimeStore.setState({ queue }));
    engine.on('run/node-started', ({ job, node }) =>
      withTab(job, (tab) => {
        this.#begin(tab, job);
        // Of a node that starts over, the pace stays to be seen.
        updateNodeRun(tab, node, (run) => ({
          state: 'running',
          cached: false,
          ...(run?.progress && { progress: { ...run.progress, done: 0, secondsLeft: undefined } }),
        }));
      }),
    );
    engine.on('run/progress', ({ job, node, ...progress }) =>
      withTab(job, (tab) => updateNodeRun(tab, node, () => ({ state: 'running', cached: false, progress }))),
    );
    engine.on('run/preview', ({ job, node, jpeg }) => withTab(job, (tab) => setPreview(tab, node, jpeg)));
    engine.on('run/notice', ({ job, node, message }) =>
      withTab(job, (tab) =>
        updateNodeRun(tab, node, (run = { state: 'running', cached: false }) => ({
          ...run,
          notices: [...(run.notices ?? []), message],
        })),
      ),
    );
    engine.on('run/node-finished', ({ job, node, cached, milliseconds, outputs }) =>
      withTab(job, (tab) => {
        this.#begin(tab, job);
        updateNodeRun(tab, node, (run) => ({
          state: 'done',
          cached,
          milliseconds,
          outputs,
          ...(run?.progress && { progress: run.progress }),
          ...(run?.notices && { notices: run.notices }),
        }));
      }),
    );
    engine.on('run/node-failed', ({ job, node, message, hint }) =>
      withTab(job, (tab) =>
        updateNodeRun(tab, node, () => ({ state: 'failed', cached: false, error: { message, hint } })),
      ),
    );
    engine.on('run/picture', (picture) =>
      withTab(picture.job, (tab) => {
        updateRuntime(tab, (runtime) => {
          const others = (runtime.pictures[picture.node] ?? []).filter(({ job }) => job === picture.job);
          return { ...runtime, pictures: { ...runtime.pictures, [picture.node]: [...others, picture] } };
        });
        void this.#showPicture(tab, picture.node, picture.id);
      }),
    );
    engine.on('pictures/deleted', ({ ids }) => {
      const gone = new Set(ids);
      for (const tab of Object.keys(runtimeStore.getState().tabs))
        updateRuntime(tab, (runtime) => ({ ...runtime, pictures: withoutPictures(runtime.pictures, gone) }));
    });
    engine.on('run/bars', ({ job, node, bars }) =>
      withTab(job, (tab) =>
        updateRuntime(tab, (runtime) => ({ ...runtime, bars: { ...runtime.bars, [node]: bars } })),
      ),
    );
    engine.on('run/text', ({ job, node, text: written }) =>
      withTab(job, (tab) =>
        updateRuntime(tab, (runtime) => ({ ...runtime, texts: { ...runtime.texts, [node]: written } })),
      ),
    );
    engine.on('run/finished', ({ job }) =>
      withTab(job.id, (id) => {
        this.#finish(id, job);
        const tab = tabOf(id);
        if (tab) this.#live.finished(tab, job);
      }),
    );
    engine.on('engine/state', (state) => {
      const before = runtimeStore.getState().engine?.state;
      runtimeStore.setState({ engine: state });
      if (state.state !== 'ready') this.#failRunning();
      else if (before !== undefined && before !== 'ready') void this.refresh();
    });
    engine.on('engine/log', ({ level, message }) => {
      if (level === 'error') toast.error(engineText()(message));
    });
  }

  /** The first word of a job clears what the one before left; a job that runs again goes on with it. */
  #begin(tab: string, job: string): void {
    updateRuntime(tab, (runtime) => {
      if (runtime.job === job) return runtime;
      return { ...runtime, job, nodes: runtime.last?.job.id === job ? runtime.nodes : {} };
    });
  }

  async #showPicture(tab: string, node: string, id: string): Promise<void> {
    const place = `${tab} ${node}`;
    this.#newestPictures.set(place, id);
    const isNewest = () => this.#newestPictures.get(place) === id;
    try {
      const bytes = await this.engine.call('pictures/bytes', { id, size: 'full' });
      if (isNewest()) setPreview(tab, node, bytes, bytes[0] === 0x89 ? 'image/png' : 'image/webp');
    } catch (error) {
      // One that was overtaken may be gone already.
      if (isNewest()) tell(error);
    }
  }

  #finish(tab: string, job: JobSummary): void {
    const used = this.#seeds.get(job.id) ?? {};
    this.#seeds.delete(job.id);
    updateRuntime(tab, (runtime) => {
      const steps = Object.values(runtime.nodes).find(({ progress }) => progress?.unit === 'step')?.progress;
      return {
        ...runtime,
        job: undefined,
        nodes: Object.fromEntries(Object.entries(runtime.nodes).filter(([, run]) => run.state !== 'running')),
        usedSeeds: job.state === 'done' ? { ...runtime.usedSeeds, ...used } : runtime.usedSeeds,
        last: { job, steps: steps && `${steps.done}/${steps.total}`, seeds: sampledSeeds(runtime, job.id) },
      };
    });
    if (job.state === 'failed' && !job.node) showFailure(job.message ?? text('run.failed'), job.hint);
    this.#previewSoon();
  }

  /** The engine went away: what ran there will not finish. */
  #failRunning(): void {
    for (const [id, { nodes }] of Object.entries(runtimeStore.getState().tabs))
      for (const [node, { state }] of Object.entries(nodes))
        if (state === 'running')
          updateNodeRun(id, node, () => ({
            state: 'failed',
            cached: false,
            error: { message: text('engine.stopped-here'), hint: text('engine.stopped-hint') },
          }));
  }

  /** Asks anew what the engine is, and what a run would do there: it or its settings changed. */
  async refresh(): Promise<void> {
    try {
      setCatalogue(await this.engine.call('nodes/describe'));
      const [queue, info] = await Promise.all([
        this.engine.call('queue/list'),
        this.engine.call('engine/info'),
      ]);
      runtimeStore.setState({ queue, provider: info.provider, memoryBytes: info.memory.processBytes });
      this.#previewSoon();
    } catch (error) {
      tell(error);
    }
  }

  #followDocuments(): void {
    let followed: (() => void) | undefined;
    let followedTab: string | undefined;
    const follow = () => {
      const tab = activeTab();
      if (tab.id === followedTab) return;
      followedTab = tab.id;
      followed?.();
      followed = tab.store.state.subscribe((state, before) => {
        if (state.document === before.document) return;
        this.#previewSoon();
        if (this.#movingSeeds) return;
        const values = liveValuesBetween(state.document, before.document, catalogue());
        if (values?.length === 0) return;
        const { live, autoRun } = uiStore.getState();
        if (values && live) this.#live.update(tab);
        else if (autoRun) this.#runSoon(tab);
      });
      this.#previewSoon();
    };
    follow();
    workspace.subscribe(follow);
    liveStore.subscribe(({ held }, before) => {
      const tab = held === before.held ? undefined : tabOf((held ?? before.held)?.tab ?? '');
      if (tab) this.#live.update(tab);
    });
  }

  #previewSoon(): void {
    clearTimeout(this.#previewTimer);
    this.#previewTimer = setTimeout(() => void this.#preview(), QUIET);
  }

  /** Runs a document once it rests. */
  #runSoon(tab: Tab): void {
    clearTimeout(this.#runTimer);
    const run = () => {
      this.#runTimer = undefined;
      const stale = runtimeOf(tab.id).job;
      const cancelled = stale ? this.engine.call('run/cancel', { job: stale }) : Promise.resolve();
      cancelled
        .then(() => this.#startOnce(tab, undefined, false))
        .catch((error: unknown) => {
          // A document that cannot run would complain with every key; auto-run waits to be switched on again.
          setUi({ autoRun: false });
          tell(error);
        });
    };
    this.#runTimer = setTimeout(run, QUIET);
  }

  async #preview(): Promise<void> {
    const tab = activeTab();
    if (this.engine.connection.kind !== 'connected') return;
    const { document } = tab.store;
    if (Object.keys(document.nodes).length === 0) {
      updateRuntime(tab.id, () => emptyRuntime);
      return;
    }
    try {
      const { nodes, problems, notices = [] } = await this.engine.call('run/preview', { document });
      if (tab.store.document !== document) return;
      const forecasts: Record<string, string[]> = {};
      for (const { node, message } of notices) forecasts[node] = [...(forecasts[node] ?? []), message];
      setOutlook(tab.id, { marks: nodes, problems, forecasts });
    } catch (error) {
      console.warn(messageOf(error));
    }
  }
}

const withTitle = (document: Document, { name }: Tab): Document =>
  name === undefined || document.meta?.title
    ? document
    : { ...document, meta: { ...document.meta, title: name } };

const withoutPictures = (pictures: TabRuntime['pictures'], gone: ReadonlySet<string>) =>
  Object.fromEntries(
    Object.entries(pictures).map(([node, all]) => [node, all.filter(({ id }) => !gone.has(id))]),
  );

/** The seeds that the pictures of a job say they were made with. */
function sampledSeeds({ pictures }: TabRuntime, job: string): readonly string[] {
  const facts = Object.values(pictures)
    .flat()
    .filter((picture) => picture.job === job)
    .flatMap((picture) => picture.facts);
  const seeds = facts.flatMap((fact) =>
    fact.kind === 'sampling' && Array.isArray(fact.seeds) ? fact.seeds : [],
  );
  return [...new Set(seeds.map(String))];
}

/** Shows a failed action as a message in the corner. */
export function tell(error: unknown): void {
  showFailure(messageOf(error), error instanceof UserError ? error.hint : undefined);
}

function showFailure(failure: string, remedy: string | undefined): void {
  const { message, hint } = engineText().told({ message: failure, hint: remedy });
  toast.error(message, hint === undefined ? {} : { description: hint });
}
