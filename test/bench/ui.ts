import type { CDPSession, Page } from 'playwright-core';
import { serializeDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Benchmark, median } from './harness.ts';
import { withPages } from './pages.ts';
import { countRenders } from './render-counter.ts';

/** One part of the stress graph: ten nodes and sixteen wires, as people wire them. */
const PART = {
  nodes: [
    ['model', 'models.load'],
    ['prompt', 'prompts.encode'],
    ['size', 'latents.empty'],
    ['noise', 'sampling.noise'],
    ['schedule', 'sampling.schedule'],
    ['one', 'sampling.sample'],
    ['two', 'sampling.sample'],
    ['left', 'images.decode'],
    ['right', 'images.decode'],
    ['show', 'images.preview'],
  ],
  wires: [
    'model.text_encoder > prompt.text_encoder',
    'model.model > one.model',
    'model.model > two.model',
    'prompt.conditioning > one.positive',
    'prompt.conditioning > two.positive',
    'size.latent > one.latent',
    'size.latent > two.latent',
    'noise.noise > one.noise',
    'noise.noise > two.noise',
    'schedule.sigmas > one.sigmas',
    'schedule.sigmas > two.sigmas',
    'model.vae > left.vae',
    'model.vae > right.vae',
    'one.latent > left.latent',
    'two.latent > right.latent',
    'left.image > show.image',
  ],
} as const;

/** `parts` copies of the part in a block, each in a row of ten. */
function stressGraph(parts: number): Document {
  const columns = Math.ceil(Math.sqrt(parts / 4));
  const nodes: Parameters<typeof buildDocument>[0] = Object.fromEntries(
    Array.from({ length: parts }, (_, part) =>
      PART.nodes.map(([id, type], i) => [
        `${id}-${part}`,
        { type, at: [((part % columns) * 10 + i) * 320, Math.floor(part / columns) * 460] as const },
      ]),
    ).flat(),
  );
  const wires = Array.from({ length: parts }, (_, part) =>
    PART.wires.map((wire) => wire.replace('.', `-${part}.`).replace(/ > (\w+)/, ` > $1-${part}`)),
  ).flat();
  return buildDocument(nodes, wires);
}

/** The same places and wires for the bare page. */
function bareGraph({ nodes, wires }: Document) {
  const numbers = new Map(Object.keys(nodes).map((id, i) => [id, i]));
  return {
    places: Object.values(nodes).map(({ at }) => [at[0], at[1]] as const),
    wires: Object.values(wires).map(
      ({ from, to }) => [numbers.get(from[0]) ?? 0, numbers.get(to[0]) ?? 0] as const,
    ),
  };
}

async function drop(page: Page, document: Document): Promise<void> {
  const data = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], 'stress.kronode.json', { type: 'application/json' }));
    return transfer;
  }, serializeDocument(document));
  await page.locator('.react-flow__pane').dispatchEvent('drop', { dataTransfer: data });
}

const showBare = async (page: Page, document: Document): Promise<void> =>
  page.evaluate((graph) => window.show(graph), bareGraph(document));

/** Waits until all nodes lie where they belong, with their wires, and a frame of that was drawn. */
async function untilDrawn(page: Page, { nodes, wires }: Document): Promise<void> {
  await page.waitForFunction(
    ([nodeCount, wireCount]) => {
      const drawn = [...document.querySelectorAll<HTMLElement>('.react-flow__node')];
      return (
        drawn.length === nodeCount &&
        drawn.every(({ style }) => style.visibility !== 'hidden') &&
        document.querySelectorAll('.react-flow__edge').length === wireCount
      );
    },
    [Object.keys(nodes).length, Object.keys(wires).length] as const,
  );
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
}

/** Frames per second while the hand moves. */
async function framesDuring(page: Page, gesture: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const counter = { frames: 0, startedAt: performance.now(), on: true };
    const tick = () => {
      counter.frames++;
      if (counter.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, { counter });
  });
  await gesture();
  return page.evaluate(() => {
    const { counter } = window as unknown as {
      counter: { frames: number; startedAt: number; on: boolean };
    };
    counter.on = false;
    return (counter.frames * 1000) / (performance.now() - counter.startedAt);
  });
}

/** Where the middle of the window shows canvas, and no node. */
async function emptySpot(page: Page): Promise<{ x: number; y: number }> {
  return page.evaluate(() => {
    for (let y = 420; y < 860; y += 7)
      for (let x = 420; x < 1000; x += 7)
        if (document.elementFromPoint(x, y)?.classList.contains('react-flow__pane')) return { x, y };
    throw new Error('No empty canvas is in view.');
  });
}

const STROKES = 60;

const gestures = {
  async pan(page: Page) {
    const { x, y } = await emptySpot(page);
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let i = 1; i <= STROKES; i++)
      await page.mouse.move(x + 200 * Math.sin(i / 8), y + 120 * Math.sin(i / 5));
    await page.mouse.up();
  },
  async zoom(page: Page) {
    await page.mouse.move(720, 450);
    for (let i = 0; i < STROKES; i++) await page.mouse.wheel(0, i % 20 < 10 ? 60 : -60);
  },
  async drag(page: Page) {
    const grip = await page.evaluate(() => {
      for (const node of document.querySelectorAll('.react-flow__node')) {
        const title = node.querySelector('.node-title') ?? node;
        const { x, y, width, height } = title.getBoundingClientRect();
        const middle = { x: x + width / 2, y: y + height / 2 };
        if (middle.x < 500 || middle.x > 1000 || middle.y < 250 || middle.y > 650) continue;
        if (node.contains(document.elementFromPoint(middle.x, middle.y))) return middle;
      }
      throw new Error('No node is in view.');
    });
    await page.mouse.move(grip.x, grip.y);
    await page.mouse.down();
    for (let i = 1; i <= STROKES; i++)
      await page.mouse.move(grip.x + 150 * Math.sin(i / 8), grip.y + 100 * Math.sin(i / 5));
    await page.mouse.up();
  },
} satisfies Record<string, (page: Page) => Promise<void>>;

/** The worst of panning, zooming and dragging, each in turns with the bare page. */
const canvasFps = () =>
  withPages(async ({ editor, bare }) => {
    const graph = stressGraph(50);
    const [ours, theirs] = [await editor(), await bare()];
    await drop(ours, graph);
    await untilDrawn(ours, graph);
    await showBare(theirs, graph);
    await untilDrawn(theirs, graph);
    const ratios: number[] = [];
    for (const gesture of [gestures.pan, gestures.zoom, gestures.drag]) {
      const rounds: number[] = [];
      for (let round = 0; round < 3; round++) {
        await theirs.bringToFront();
        const reference = await framesDuring(theirs, () => gesture(theirs));
        await ours.bringToFront();
        rounds.push((await framesDuring(ours, () => gesture(ours))) / reference);
      }
      ratios.push(median(rounds));
    }
    return Math.min(...ratios);
  });

/** Nodes that render during a drag of a slider, besides its own and those that depend on it. */
const dragRenders = () =>
  withPages(async ({ editor }) => {
    const page = await editor();
    await countRenders(page);
    await page.reload();
    await page.getByText('ready', { exact: true }).waitFor();
    const graph = stressGraph(20);
    await drop(page, graph);
    await untilDrawn(page, graph);
    await page.locator('[data-node=schedule-0] .node-title').click();
    await page.keyboard.press('z');
    const slider = page.locator('[data-node=schedule-0] [data-input=denoise] [role=slider]');
    const box = await slider.boundingBox();
    if (!box) throw new Error('The slider is not in view.');
    // What is still on its way from before, as the answer to “what would run”, is not of the drag.
    await page.waitForTimeout(1500);
    await page.evaluate(() => window.rendered.clear());
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width - 4, y);
    await page.mouse.down();
    for (let i = 1; i <= 30; i++) await page.mouse.move(box.x + box.width - 4 - (i * box.width) / 40, y);
    await page.mouse.up();
    await page.waitForTimeout(1500);
    const rendered = await page.evaluate(() => [...window.rendered]);
    if (!rendered.includes('schedule-0')) throw new Error('The dragged slider did not render.');
    const dependants = new Set(['schedule', 'one', 'two', 'left', 'right', 'show'].map((id) => `${id}-0`));
    return rendered.filter((id) => !dependants.has(id)).length;
  });

/** From the drop of a 1,000-node document to a graph one can grab. */
const open1000 = () =>
  withPages(async ({ editor, bare }) => {
    const graph = stressGraph(100);
    const ratios: number[] = [];
    const [ours, theirs] = [await editor(), await bare()];
    for (let round = 0; round < 3; round++) {
      await theirs.reload();
      await theirs.waitForFunction(() => typeof window.show === 'function');
      await theirs.bringToFront();
      const bareAt = performance.now();
      await showBare(theirs, graph);
      await untilDrawn(theirs, graph);
      const reference = performance.now() - bareAt;
      await ours.bringToFront();
      const oursAt = performance.now();
      await drop(ours, graph);
      await untilDrawn(ours, graph);
      ratios.push((performance.now() - oursAt) / reference);
      await ours.keyboard.press('Alt+w');
      await ours
        .locator('[role=tab][aria-selected=true]', { hasText: 'stress' })
        .waitFor({ state: 'hidden' });
    }
    return median(ratios);
  });

/** Compiled code and the browser's own records, the network log of the tools that drive it among them. */
const NOT_THE_PAGES = new Set(['code', 'native', 'synthetic', 'hidden']);

interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[]];
    };
  };
  readonly nodes: readonly number[];
}

/** Bytes of the page's own objects that are still reached from somewhere. */
async function liveBytes(session: CDPSession): Promise<number> {
  const chunks: string[] = [];
  const collect = ({ chunk }: { readonly chunk: string }) => chunks.push(chunk);
  session.on('HeapProfiler.addHeapSnapshotChunk', collect);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  session.off('HeapProfiler.addHeapSnapshotChunk', collect);
  const { snapshot, nodes } = JSON.parse(chunks.join('')) as HeapSnapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf('type'), fields.indexOf('self_size')];
  let bytes = 0;
  for (let i = 0; i < nodes.length; i += fields.length)
    if (!NOT_THE_PAGES.has(types[0][nodes[i + type] ?? 0] ?? '')) bytes += nodes[i + size] ?? 0;
  return bytes;
}

const RUNS = 200;
const SETTLED = 40;

/** Live objects after 200 runs, each with previews and a picture of its own, against those after 40. */
const memory200Runs = () =>
  withPages(async ({ editor }) => {
    const page = await editor();
    const session = await page.context().newCDPSession(page);
    const noise = page.locator('[data-type="sampling.noise"]').first();
    await noise.getByRole('button', { name: /After each run/ }).click();
    await page.getByRole('menuitem', { name: 'New random seed' }).click();
    const seed = noise.locator('[data-input=seed] input');
    let settled = 0;
    for (let run = 1; run <= RUNS; run++) {
      const before = await seed.inputValue();
      await page.keyboard.press('Control+Enter');
      // The next random seed appears once the run has taken the one before.
      await page.waitForFunction(
        ([old]) =>
          document.querySelector<HTMLInputElement>('[data-type="sampling.noise"] [data-input=seed] input')
            ?.value !== old && !document.querySelector('[data-run=running]'),
        [before],
      );
      if (run === SETTLED) settled = await liveBytes(session);
    }
    await page.waitForFunction(() => !document.querySelector('[data-run=running]'));
    return (await liveBytes(session)) / settled;
  });

export const uiBenchmarks: readonly Benchmark[] = [
  {
    id: 'ui.canvas-fps',
    unit: 'x',
    target: 0.8,
    better: 'higher',
    reference: 'frame rate of bare React Flow, 500 nodes and 800 wires: worst of pan, zoom, drag',
    measure: canvasFps,
  },
  {
    id: 'ui.drag-renders',
    unit: 'nodes',
    target: 0,
    better: 'lower',
    reference: 'the dragged node and those that depend on it, in 200 nodes',
    measure: dragRenders,
  },
  {
    id: 'ui.open-1000',
    unit: 'x',
    target: 3,
    better: 'lower',
    reference: 'time bare React Flow takes to show 1,000 nodes and 1,600 wires',
    measure: open1000,
  },
  {
    id: 'ui.memory-200-runs',
    unit: 'x',
    target: 1.05,
    better: 'lower',
    reference: 'live objects of the page after 40 runs',
    measure: memory200Runs,
  },
];
