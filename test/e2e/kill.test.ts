import { once } from 'node:events';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { childrenOf, type EditorHost, killChildren, startEditor } from '../support/editor.ts';

/** Work at the same time, each with an app of their own: much of a round is waiting. */
const PEOPLE = 2;
/** Of each of them; every third kills the same. */
const ROUNDS = 27;
/** Milliseconds after which an edit must be safe. */
const SAFE = 1000;

const letter = () => String.fromCharCode(97 + Math.floor(Math.random() * 26));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(!hasBrowser)('nothing is lost', () => {
  let host: EditorHost;
  beforeAll(async () => {
    host = await startEditor();
  });
  afterAll(() => host?.close());

  test('whatever is killed at whatever moment, an edit older than a second comes back', {
    timeout: 600_000,
  }, async () => {
    await Promise.all(Array.from({ length: PEOPLE }, editAndBeKilled));
  });

  async function editAndBeKilled(): Promise<void> {
    let running = await host.serve();
    const context = await host.browser.newContext({ locale: 'en-US' });
    let page = await context.newPage();
    await page.goto(running.url);
    const prompt = (of: Page) => of.locator('.node textarea').first();
    const textOf = async (of: Page) => {
      await of.getByText('ready', { exact: true }).waitFor();
      await prompt(of).waitFor();
      return prompt(of).inputValue();
    };
    let text = await textOf(page);

    /** Types for a random while; tells what was there when each letter had gone in. */
    const type = async () => {
      await prompt(page).focus();
      await page.keyboard.press('Control+End');
      const typed: { readonly at: number; readonly text: string }[] = [];
      const until = performance.now() + SAFE + Math.random() * 800;
      while (performance.now() < until) {
        const key = letter();
        text += key;
        await page.keyboard.press(key);
        typed.push({ at: performance.now(), text });
        if (Math.random() < 0.1) await page.keyboard.press('Control+Enter');
        await pause(Math.random() * 60);
      }
      return typed;
    };

    const kills = {
      async renderer() {
        const gone = page.waitForEvent('crash');
        const session = await context.newCDPSession(page);
        session.send('Page.crash').catch(() => undefined);
        await gone;
        await page.close();
        page = await context.newPage();
        await page.goto(new URL(running.url).origin);
      },
      async app() {
        killChildren(running.server);
        running.server.kill('SIGKILL');
        await once(running.server, 'exit');
        await page.close();
        running = await host.serve(running.data);
        page = await context.newPage();
        await page.goto(running.url);
      },
    };

    for (let round = 0; round < ROUNDS; round++) {
      const typed = await type();
      const killedAt = performance.now();
      if (round % 3 === 0) {
        // The window outlives its engine, and so does every letter.
        const killed = childrenOf(running.server);
        killChildren(running.server);
        await expect.poll(() => childrenOf(running.server).some((pid) => !killed.includes(pid))).toBe(true);
        await expect.poll(() => textOf(page)).toBe(text);
        continue;
      }
      const kill = round % 3 === 1 ? 'renderer' : 'app';
      await kills[kill]();
      const kept = await textOf(page);
      const safe = typed.findLast(({ at }) => at < killedAt - SAFE)?.text ?? '';
      expect(text.startsWith(kept), `round ${round} (${kill}): “${kept}” was never typed`).toBe(true);
      expect(kept.startsWith(safe), `round ${round} (${kill}): kept “${kept}”, safe was “${safe}”`).toBe(
        true,
      );
      text = kept;
    }
    await context.close();
    running.server.stdin?.end();
  }
});
