import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Document } from '../../nodes/document/schema.ts';
import { hasBrowser } from '../support/browser.ts';
import { Editor, type EditorHost, editorForEach, startEditor } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

const SLOW = { timeout: 60_000 };

/** One that runs for long enough to queue others behind it. */
const slow = (): Document => spread(pictureDocument('an owl', { steps: 400, side: 256, title: 'Owl' }));

describe.skipIf(!hasBrowser)('the queue', { timeout: 120_000 }, () => {
  let editor: Editor;
  editorForEach((opened) => {
    editor = opened;
  });

  const panel = () => editor.page.getByRole('complementary', { name: 'Queue' });
  const part = (name: string) => panel().getByRole('region', { name: new RegExp(`^${name}`) });
  const rows = (name: string) => part(name).locator('[data-job]');
  const waitingSeeds = async () =>
    (await rows('Waiting').allInnerTexts()).map((line) => /seed (\d+)/.exec(line)?.[1]);
  const openPanel = (name: string) => editor.page.getByRole('button', { name, exact: true }).click();
  const footer = () => editor.page.locator('footer').last();

  /** A long run, and short ones of other seeds behind it. */
  async function queue(seeds: readonly number[]): Promise<void> {
    await editor.openDocument(slow(), 'owl.kronode.json');
    await editor.press('Control+Enter');
    await editor.page.locator('.node[data-run=running]').first().waitFor(SLOW);
    if (seeds.length > 0)
      await editor.openDocument(
        spread(pictureDocument('a fox', { seed: seeds[0]!, title: 'Fox' })),
        'fox.kronode.json',
      );
    for (const seed of seeds) {
      await editor.node('noise').locator('[data-input=seed] input').fill(String(seed));
      await editor.press('Enter', 'Control+Enter');
    }
    await openPanel('Queue');
    await panel().waitFor();
  }

  test('shows what runs and waits; keys and mouse put it in another order', async () => {
    await queue([1, 2, 3]);
    await expect.poll(() => rows('Running').textContent()).toContain('Owl');
    await expect.poll(() => rows('Running').textContent(), SLOW).toMatch(/\d+\/400/);
    await expect
      .poll(() => rows('Running').getByRole('progressbar').getAttribute('aria-valuenow'))
      .toMatch(/^\d+$/);
    await expect.poll(waitingSeeds).toEqual(['1', '2', '3']);

    const handles = rows('Waiting').getByRole('button', { name: 'Move Fox: arrow keys' });
    await handles.nth(2).focus();
    await editor.press('ArrowUp');
    await expect.poll(waitingSeeds).toEqual(['1', '3', '2']);
    await editor.press('ArrowUp');
    await expect.poll(waitingSeeds).toEqual(['3', '1', '2']);
    // A row is passed once the pointer is beyond its middle.
    const beyond = async (row: number, by: number) => {
      const { x, y } = await editor.middle(handles.nth(row));
      return { x, y: y + by };
    };
    await editor.drag(await beyond(0, 0), await beyond(2, 6));
    await expect.poll(waitingSeeds).toEqual(['1', '2', '3']);
    await editor.drag(await beyond(1, 0), await beyond(0, -6));
    await expect.poll(waitingSeeds).toEqual(['2', '1', '3']);

    await rows('Waiting').nth(1).getByRole('button', { name: 'Cancel Fox' }).click();
    await expect.poll(waitingSeeds).toEqual(['2', '3']);
    // The engine has the same order; one that was cancelled keeps its place.
    await editor.page.getByRole('button', { name: 'Interrupt' }).click();
    await expect.poll(() => rows('Waiting').count(), SLOW).toBe(0);
    await expect.poll(() => rows('Done').count(), SLOW).toBe(0);
    await part('Done').getByRole('button', { name: /^Done/ }).click();
    await expect
      .poll(
        async () => (await rows('Done').allInnerTexts()).map((line) => /seed (\d+)/.exec(line)?.[1]),
        SLOW,
      )
      .toEqual(['3', '1', '2', '1']);
  });

  test('interrupt answers at once, and what waits is taken out together', async () => {
    await queue([1, 2]);
    await part('Waiting').getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => part('Waiting').count()).toBe(0);
    await footer().getByRole('progressbar').waitFor();
    await expect.poll(() => footer().textContent()).toMatch(/\d+\/400 · .+ per second|s each/);
    await footer().getByRole('button', { name: 'Cancel the run' }).click();
    await expect.poll(() => footer().getByRole('progressbar').count(), SLOW).toBe(0);
    await part('Done').getByRole('button', { name: /^Done/ }).click();
    await expect.poll(() => rows('Done').allTextContents()).toEqual([expect.stringContaining('cancelled')]);
    await part('Done').getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => panel().textContent()).toContain('Nothing is queued');
  });

  test('a job that failed says why and leads to its node; its badge goes when it was seen', async () => {
    const document = spread(pictureDocument('a cake', { title: 'Cake' }));
    await editor.openDocument({
      ...document,
      nodes: { ...document.nodes, sample: { ...document.nodes.sample!, inputs: { guidance: 2 } } },
    });
    await editor.press('Control+Enter');
    const rail = editor.page.getByRole('button', { name: 'Queue', exact: true }).locator('..');
    await expect.poll(() => rail.textContent(), SLOW).toBe('1');
    await openPanel('Queue');
    await expect.poll(() => rows('Failed').textContent()).toContain('needs a negative prompt');
    await expect.poll(() => rail.textContent()).toBe('');
    await rows('Failed').getByRole('button', { name: 'Show Sample' }).click();
    await expect.poll(() => editor.node('sample').getAttribute('data-selected')).toBe('true');
    const tabs = await editor.page.getByRole('tab').count();
    await rows('Failed').getByRole('button', { name: 'Open the workflow of Cake in a tab' }).click();
    await expect.poll(() => editor.page.getByRole('tab').count()).toBe(tabs + 1);
    await editor.page.getByRole('tab', { name: 'Cake' }).waitFor();
  });

  test('a batch queues as many runs, each with the seed its policy says', async () => {
    await editor.openDocument(
      spread(pictureDocument('a hat', { seed: 40, save: 'hat' })),
      'hat.kronode.json',
    );
    await editor
      .node('noise')
      .getByRole('button', { name: /After each run/ })
      .click();
    await editor.page.getByRole('menuitem', { name: 'Count up' }).click();
    await editor.page.getByRole('spinbutton', { name: 'Runs to queue' }).fill('3');
    await editor.press('Control+Enter');
    await expect.poll(() => footer().textContent(), SLOW).toContain('seed 42');
    await expect.poll(() => editor.node('noise').locator('[data-input=seed] input').inputValue()).toBe('43');
    await openPanel('Pictures');
    const options = editor.page.getByRole('option');
    await expect
      .poll(async () =>
        (await options.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).map(
          (label) => /seed (\d+)/.exec(label ?? '')?.[1],
        ),
      )
      .toEqual(['42', '41', '40']);
  });

  test('the log tells what the last run took, that nothing was rebuilt, and what went wrong', async () => {
    const document = pictureDocument('a boat', { title: 'Boat' });
    document.nodes.model!.inputs.precision = 'f32';
    await editor.openDocument(spread(document));
    await editor.press('Control+Enter');
    await editor.node('end').locator('.node-preview img').waitFor(SLOW);
    await editor.node('noise').locator('[data-input=seed] input').fill('9');
    await editor.press('Enter', 'Control+Enter');
    await openPanel('Run log');
    const log = editor.page.getByRole('complementary', { name: 'Run log' });
    const timing = (name: string) => log.getByRole('row').filter({ hasText: name }).first();
    await expect.poll(() => timing('Load model').textContent(), SLOW).toContain('known');
    await expect.poll(() => timing('Sample').textContent()).toMatch(/4 × [\d.]+ m?s/);
    const counter = (name: string) => log.locator(`[data-counter=${name}] td`).first().textContent();
    await expect.poll(() => counter('sessionsCreated')).toBe('0');
    await expect.poll(() => counter('weightCopies')).toBe('0');
    await expect.poll(async () => Number(await counter('runs'))).toBeGreaterThanOrEqual(4);
    const lines = log.getByRole('list', { name: 'Log' }).getByRole('listitem');
    // What nodes had to say, such as how they run or what a step could have taken, is beside the times.
    await lines
      .filter({ hasText: /“Load model” says: Transformer in .* in memory/ })
      .first()
      .waitFor();
    await expect.poll(() => lines.last().textContent()).toContain('“Boat” took');
    await log.getByRole('searchbox').fill('nothing like it');
    await expect.poll(() => log.textContent()).toContain('No line matches.');
    await log.getByRole('searchbox').fill('');
    await log.getByRole('button', { name: 'Copy the lines shown' }).click();
    await expect
      .poll(() => editor.page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/info “Boat” took .+\n(.+\n)*.+info “Boat” took/);
    await log.getByRole('button', { name: /^Clear/ }).click();
    await editor.page.getByText(/The cache was cleared/).waitFor();
    await expect.poll(() => log.getByRole('button', { name: /^Clear/ }).isDisabled()).toBe(true);
    editor.killEngine();
    await log.getByRole('radio', { name: 'Errors' }).click();
    await expect.poll(() => lines.first().textContent(), SLOW).toContain('The engine');
  });
});

describe.skipIf(!hasBrowser)('a queue that waits for a person', { timeout: 120_000 }, () => {
  let host: EditorHost;
  beforeAll(async () => {
    host = await startEditor();
  });
  afterAll(() => host?.close());

  async function openAt(data?: string) {
    const server = await host.serve(data);
    const context = await host.browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: 'en-US',
    });
    const page = await context.newPage();
    await page.goto(server.url);
    await page.locator('.node').first().waitFor();
    return { ...server, editor: new Editor(page, server.server, server.data) };
  }

  test('what ran and waited when the whole app was killed is there again, and starts when told to', async () => {
    const { editor: before, server, data } = await openAt();
    await before.openDocument(slow(), 'owl.kronode.json');
    await before.press('Control+Enter');
    await before.page.locator('.node[data-run=running]').first().waitFor(SLOW);
    await before.openDocument(spread(pictureDocument('a bat', { title: 'Bat' })), 'bat.kronode.json');
    await before.press('Control+Enter');
    const kept = () => readdir(join(data, 'queue'));
    await expect.poll(async () => (await kept()).filter((name) => name.startsWith('job-')).length).toBe(2);
    server.kill('SIGKILL');
    await before.close();

    const { editor: after } = await openAt(data);
    const queue = after.page.getByRole('button', { name: 'Queue', exact: true });
    await expect.poll(() => queue.locator('..').textContent()).toBe('2');
    await queue.click();
    const panel = after.page.getByRole('complementary', { name: 'Queue' });
    const part = (name: RegExp) => panel.getByRole('region', { name });
    const waiting = part(/^Waiting/).locator('[data-job]');
    await expect.poll(() => panel.textContent()).toContain('2 runs were waiting when Kronode ended.');
    expect(await waiting.allTextContents()).toEqual([
      expect.stringContaining('Owl'),
      expect.stringContaining('Bat'),
    ]);
    await expect.poll(() => part(/^Running/).count()).toBe(0);
    await waiting.first().getByRole('button', { name: 'Cancel Owl' }).click();
    await panel.getByRole('button', { name: 'Continue' }).click();
    await expect.poll(() => waiting.count(), SLOW).toBe(0);
    await panel.getByRole('button', { name: /^Done/ }).click();
    const done = part(/^Done/).locator('[data-job]').filter({ hasText: 'Bat' });
    await expect.poll(() => done.textContent(), SLOW).toMatch(/\d s|\d ms/);
    await after.close();
  });
});
