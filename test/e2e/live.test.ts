import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { library } from '../../nodes/library/index.ts';
import { connectEngine, type EngineClient } from '../../nodes/protocol/engine.ts';
import { openedSocket } from '../../nodes/protocol/socket-transport.ts';
import { hasBrowser } from '../support/browser.ts';
import { type Editor, editorForEach } from '../support/editor.ts';
import { openSocket } from '../support/local-browser.ts';

const PICTURE = 'save';
const SLOW = { timeout: 60_000 };

/** What the page keeps of its pictures. */
interface Looks {
  readonly seen: { node: string; look: number }[];
  lookOf(image: HTMLImageElement): number;
}

describe.skipIf(!hasBrowser)('live values', { timeout: 180_000 }, () => {
  let editor: Editor;
  let template: Document;
  beforeAll(async () => {
    const text = await readFile(
      new URL('../../workflows/live-strength.kronode.json', import.meta.url),
      'utf8',
    );
    template = openDocument(text, library).document;
  });
  editorForEach(async (opened) => {
    editor = opened;
    await editor.openDocument(template, 'live.kronode.json');
    await editor.press('.');
    await watchPictures();
  });

  const slider = () => editor.node('adapter').getByRole('slider');
  const picture = () => editor.node(PICTURE).locator('.node-preview img');
  const pins = () => editor.node(PICTURE).locator('.pin-picture');

  /** Keeps what every picture of a node looked like: a number (FNV-1a) for its pixels, made small. */
  const watchPictures = () =>
    editor.page.evaluate(() => {
      const seen: Looks['seen'] = [];
      const lookOf = (image: HTMLImageElement) => {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 32;
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0, 32, 32);
        const { data } = context.getImageData(0, 0, 32, 32);
        return data.reduce((hash, value) => Math.imul(hash ^ value, 16_777_619), 2_166_136_261);
      };
      Object.assign(globalThis, { seen, lookOf });
      document.addEventListener(
        'load',
        ({ target }) => {
          const node = target instanceof HTMLImageElement && target.closest('[data-picture]');
          if (!node) return;
          seen.push({ node: node.getAttribute('data-picture')!, look: lookOf(target) });
        },
        true,
      );
    });
  const looks = async (node = PICTURE): Promise<number[]> => {
    const all = await editor.page.evaluate(() => (globalThis as unknown as Looks).seen);
    return all.filter((entry) => entry.node === node).map(({ look }) => look);
  };
  const lastLook = async (node?: string) => (await looks(node)).at(-1);
  const distinct = async (node?: string) => new Set(await looks(node)).size;

  /** The first picture, with everything loaded. */
  const firstRun = async () => {
    await editor.press('Control+Enter');
    await picture().waitFor(SLOW);
    await idle();
  };
  const idle = async () => {
    await expect.poll(() => editor.page.locator('.node[data-run=running]').count(), SLOW).toBe(0);
    await editor.page.getByText('ready', { exact: true }).waitFor(SLOW);
  };

  async function connect(): Promise<EngineClient> {
    const url = new URL(editor.page.url());
    const cookies = await editor.page.context().cookies();
    const socket = await openSocket(Number(url.port), '/engine', {
      Origin: url.origin,
      Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    });
    if (typeof socket === 'number') throw new Error(`The socket was refused: ${socket}`);
    return connectEngine(await openedSocket(socket), (fault) => {
      throw new Error(fault);
    });
  }

  /** Presses the pointer on the slider where it stands; the rest of the drag is `moveTo`. */
  const grab = async () => {
    await slider().scrollIntoViewIfNeeded();
    const box = (await slider().boundingBox())!;
    const at = (value: number) => box.x + ((value + 2) / 4) * box.width;
    const y = box.y + box.height / 2;
    await editor.page.mouse.move(at(1), y);
    await editor.page.mouse.down();
    return (value: number) => editor.page.mouse.move(at(value), y, { steps: 3 });
  };

  test('a drag shows picture after picture in one session, in one job, and is one step of undo', async () => {
    const engine = await connect();
    await firstRun();
    const { counters: before } = await engine.call('engine/info');
    const jobs = (await engine.call('queue/list')).length;

    const moveTo = await grab();
    const start = await distinct();
    for (const value of [0.85, 0.7, 0.5, 0.3, 0.1, -0.2, -0.5]) {
      const shown = await distinct();
      await moveTo(value);
      // Still held: what is seen are intermediate pictures.
      await expect.poll(() => distinct(), SLOW).toBeGreaterThan(shown);
    }
    await expect.poll(async () => (await distinct()) - start).toBeGreaterThanOrEqual(5);
    await editor.page.mouse.up();
    await idle();

    await expect.poll(() => distinct('sample')).toBeGreaterThanOrEqual(5);
    const { counters } = await engine.call('engine/info');
    for (const what of ['sessionsCreated', 'filesRead', 'weightCopies'])
      expect([what, counters[what]]).toEqual([what, before[what]]);
    expect(counters.runs).toBeGreaterThan(before.runs!);
    await expect.poll(() => engine.call('queue/list')).toHaveLength(jobs);
    await expect.poll(() => editor.node(PICTURE).locator('.picture-badge').textContent()).toBe('Not saved');

    const dragged = await lastLook();
    await editor.press('Control+z');
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('1');
    await expect.poll(() => lastLook(), SLOW).not.toBe(dragged);
    await expect.poll(() => editor.page.getByRole('tab', { name: 'live', exact: true }).count()).toBe(1);
    engine.close();
  });

  test('B shows the picture before while it is held and writes nothing', async () => {
    await firstRun();
    const adapted = await lastLook();
    const sampled = await lastLook('sample');
    await slider().focus();
    await editor.page.keyboard.down('b');
    await expect
      .poll(() => editor.node(PICTURE).locator('.picture-badge').textContent())
      .toBe('Before: strength 0');
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('0');
    await expect.poll(() => lastLook(), SLOW).not.toBe(adapted);
    const before = await lastLook();
    // A key that is held repeats.
    await editor.page.keyboard.down('b');
    await idle();
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('0');
    await editor.page.keyboard.up('b');
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('1');
    await expect.poll(() => lastLook(), SLOW).toBe(adapted);
    expect(before).not.toBe(adapted);
    // Nothing was computed for it, and yet the sampler shows what this picture was made from.
    await expect.poll(() => lastLook('sample'), SLOW).toBe(sampled);
    await editor.press('h');
    const history = editor.page.getByRole('complementary', { name: 'History' });
    await expect
      .poll(() => history.getByRole('button').filter({ hasNotText: /^$/ }).allTextContents())
      .toEqual(['Opened']);
    await expect.poll(() => editor.page.getByRole('tab', { name: /not saved/ }).count()).toBe(0);
  });

  test('P pins pictures with their values; a pin goes back, two are compared', async () => {
    await firstRun();
    const strong = await lastLook();
    await slider().focus();
    await editor.press('p');
    await expect.poll(() => pins().count()).toBe(1);
    await editor.press('Home');
    await expect.poll(() => lastLook(), SLOW).not.toBe(strong);
    await idle();
    const weak = await lastLook();
    await editor.press('p');
    await expect.poll(() => pins().allTextContents()).toEqual(['1', '-2']);

    await pins().first().click();
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('1');
    await expect.poll(() => lastLook(), SLOW).toBe(strong);
    await editor.press('Control+z');
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('-2');
    await expect.poll(() => lastLook(), SLOW).toBe(weak);

    // By keyboard: mark one, open it beside the other.
    await pins().first().focus();
    await editor.press('c');
    await expect.poll(() => editor.node(PICTURE).locator('.pin[data-marked]').count()).toBe(1);
    await pins().last().focus();
    await editor.press('c');
    await editor.page.getByRole('dialog').waitFor();
    await editor.press('Escape');
    await editor.page.getByRole('dialog').waitFor({ state: 'hidden' });
    await pins().first().focus();
    await editor.press('Delete');
    await expect.poll(() => pins().allTextContents()).toEqual(['-2']);
    await expect.poll(() => editor.page.locator('.node').count()).toBe(Object.keys(template.nodes).length);
  });

  test('a pin has the value its picture was made with, also while the next one is on its way', async () => {
    await firstRun();
    const strong = await lastLook();
    await slider().focus();
    // Twice: by a job that a person asked for, and by one that followed the slider.
    await editor.press('Home', 'p', 'End', 'p');
    await expect.poll(() => pins().count()).toBe(2);
    const look = await pins()
      .first()
      .locator('img')
      .evaluate((image) => (globalThis as unknown as Looks).lookOf(image as HTMLImageElement));
    const labels = await pins().allTextContents();
    expect(labels[0]).toBe(look === strong ? '1' : '-2');
    // The last value has made no picture yet.
    expect(labels[1]).not.toBe('2');
  });

  test('an engine that dies in the middle of a drag comes back with the next move', async () => {
    await firstRun();
    const moveTo = await grab();
    await moveTo(0.6);
    await expect.poll(() => distinct(), SLOW).toBeGreaterThan(1);
    editor.killEngine();
    await editor.page.getByText('ready', { exact: true }).waitFor(SLOW);
    const shown = await distinct();
    await expect
      .poll(
        async () => {
          await moveTo(0.1 + Math.random() * 0.4);
          return distinct();
        },
        { ...SLOW, interval: 500 },
      )
      .toBeGreaterThan(shown);
    await editor.page.mouse.up();
    await idle();
    await editor.press('Control+z');
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('1');
  });

  test('while another run is in front, values that move wait in one job', async () => {
    await firstRun();
    const engine = await connect();
    const { nodes } = template;
    const { size, schedule } = nodes;
    await engine.call('run/start', {
      document: {
        ...template,
        nodes: {
          ...nodes,
          size: { ...size!, inputs: { ...size!.inputs, width: 512, height: 512 } },
          schedule: { ...schedule!, inputs: { ...schedule!.inputs, steps: 200 } },
        },
      },
    });
    await slider().focus();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft']) {
      await editor.press(key);
      await editor.quiet(300);
    }
    const waiting = (await engine.call('queue/list')).filter(({ state }) => state === 'pending');
    expect(waiting).toHaveLength(1);
    await engine.call('run/cancel', {});
    engine.close();
  });

  test('with live mode off a value waits for the next run', async () => {
    await firstRun();
    await editor.page.getByRole('button', { name: 'Pictures follow live values' }).click();
    const shown = await looks();
    await slider().focus();
    await editor.press('Home');
    await expect.poll(() => slider().getAttribute('aria-valuenow')).toBe('-2');
    await editor.quiet();
    await expect.poll(() => looks()).toEqual(shown);
    await editor.press('l');
    await editor.press('ArrowRight');
    await expect.poll(async () => (await looks()).length, SLOW).toBeGreaterThan(shown.length);
  });

  test('the slider is moved finely, in tenths, by typing, and reset by a double click', async () => {
    const value = () => slider().getAttribute('aria-valuenow').then(Number);
    await slider().focus();
    await editor.press('ArrowLeft', 'ArrowLeft');
    await expect.poll(() => value()).toBeCloseTo(0.98, 5);
    await editor.press('Shift+ArrowRight');
    await expect.poll(() => value()).toBeCloseTo(0.981, 5);
    await editor.press('Enter');
    await editor.type('0,35');
    await editor.press('Enter');
    await expect.poll(value).toBeCloseTo(0.35, 5);
    const box = (await slider().boundingBox())!;
    const zoom = box.width / (await slider().evaluate((element) => (element as HTMLElement).offsetWidth));
    expect(Math.round(box.width / zoom)).toBe(200);
    const middle = box.y + box.height / 2;
    await editor.drag({ x: box.x + box.width * 0.6, y: middle }, { x: box.x + box.width * 0.83, y: middle }, [
      'Alt',
    ]);
    await expect.poll(value).toBeCloseTo(1.3, 5);
    await editor.page.mouse.dblclick(box.x + box.width * 0.2, middle);
    await expect.poll(value).toBe(1);
    await editor.press('Control+z');
    await expect.poll(value).toBeCloseTo(1.3, 5);
  });
});
