import { toast } from 'sonner';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import type { Document } from '../../nodes/document/schema.ts';
import type { JobSummary } from '../../nodes/protocol/contract.ts';
import { text } from '../i18n/index.ts';
import { catalogue, setCatalogue } from '../state/catalogue-store.ts';
import { newGesture } from '../state/gesture.ts';
import {
  emptyRuntime,
  runtimeOf,
  runtimeStore,
  setPreview,
  type TabRuntime,
  updateNodeRun,
  updateRuntime,
} from '../state/runtime-store.ts';
import { seedsIn } from '../state/seed-policy.ts';
import { setUi, uiStore } from '../state/ui-store.ts';
import { activeTab, type Tab, tabOf, workspace } from '../state/workspace.ts';
import { changeBetween } from './document-change.ts';
import type { EngineClient } from './engine-client.ts';

/** Milliseconds of quiet before a change is previewed or run. */
const QUIET = 250;
/** Milliseconds between two runs while a live value moves. */
const LIVE_PAUSE = 120;

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

  constructor(engine: EngineClient) {
    this.engine = engine;
    this.#hearEvents();
    engine.onConnection((connection) => {
      runtimeStore.setState({ connection });
      if (connection.kind === 'connected') void this.#refresh();
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

  async cancelAll(): Promise<void> {
    await this.engine.call('run/cancel', {}).catch(tell);
  }

  async #startOnce(tab: Tab, targets: readonly string[] | undefined, front: boolean): Promise<void> {
    const { document } = tab.store;
    const seeds = seedsIn(document, catalogue(), tab.id);
    const { job } = await this.engine.call('run/start', {
      document: withTitle(document, tab),
      ...(targets && { targets: [...targets] }),
      ...(front && { front }),
    });
    this.#tabs.set(job, tab.id);
    this.#seeds.set(
      job,
      Object.fromEntries(
        seeds.map(({ node, input, value }) => [`${node} ${input}`, [value].flat().join(', ')]),
      ),
    );
    const moved = seeds.filter(({ next }) => next !== undefined);
    if (moved.length === 0) return;
    // The next run's seeds are no change that asks for a run.
    this.#movingSeeds = true;
    tab.store.edit(
      text('history.seeds'),
      ({ nodes }) => {
        for (const { node, input, next } of moved) {
          const target = nodes[node];
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
        updateNodeRun(tab, node, () => ({ state: 'running', cached: false }));
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
    engine.on('run/finished', ({ job }) => withTab(job.id, (tab) => this.#finish(tab, job)));
    engine.on('engine/state', (state) => {
      const before = runtimeStore.getState().engine?.state;
      runtimeStore.setState({ engine: state });
      if (state.state !== 'ready') this.#failRunning();
      else if (before !== undefined && before !== 'ready') void this.#refresh();
    });
    engine.on('engine/log', ({ level, message }) => {
      if (level === 'error') toast.error(message);
    });
  }

  /** The first word of a job clears what the one before left. */
  #begin(tab: string, job: string): void {
    updateRuntime(tab, (runtime) => (runtime.job === job ? runtime : { ...runtime, job, nodes: {} }));
  }

  async #showPicture(tab: string, node: string, id: string): Promise<void> {
    try {
      const bytes = await this.engine.call('pictures/bytes', { id, size: 'full' });
      setPreview(tab, node, bytes, bytes[0] === 0x89 ? 'image/png' : 'image/webp');
    } catch (error) {
      tell(error);
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
    if (job.state === 'failed' && !job.node)
      toast.error(job.message ?? text('run.failed'), { description: job.hint });
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

  async #refresh(): Promise<void> {
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
        if (!uiStore.getState().autoRun || this.#movingSeeds) return;
        const change = changeBetween(state.document, before.document, catalogue());
        if (change !== 'none') this.#runSoon(tab, change === 'live');
      });
      this.#previewSoon();
    };
    follow();
    workspace.subscribe(follow);
  }

  #previewSoon(): void {
    clearTimeout(this.#previewTimer);
    this.#previewTimer = setTimeout(() => void this.#preview(), QUIET);
  }

  /** A live value runs while it moves, each time with the newest; anything else once it rests. */
  #runSoon(tab: Tab, live: boolean): void {
    if (live && this.#runTimer !== undefined) return;
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
    this.#runTimer = setTimeout(run, live ? LIVE_PAUSE : QUIET);
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
      const { nodes, problems } = await this.engine.call('run/preview', { document });
      if (tab.store.document !== document) return;
      updateRuntime(tab.id, (runtime) => ({ ...runtime, marks: nodes, problems }));
    } catch (error) {
      console.warn(messageOf(error));
    }
  }
}

const withTitle = (document: Document, { name }: Tab): Document =>
  name === undefined || document.meta?.title
    ? document
    : { ...document, meta: { ...document.meta, title: name } };

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
  const hint = error instanceof UserError ? error.hint : undefined;
  toast.error(messageOf(error), hint === undefined ? {} : { description: hint });
}
