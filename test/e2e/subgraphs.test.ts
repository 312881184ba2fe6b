import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

describe.skipIf(!hasBrowser)('subgraphs', () => {
  let editor: Editor;
  editorForEach((opened) => {
    editor = opened;
  });

  const instances = () => editor.page.locator('.node[data-type^="subgraph:"]');
  const nodeCount = () => editor.page.locator('.node').count();
  const select = async (...ids: string[]) => {
    for (const [at, id] of ids.entries())
      await editor
        .node(id)
        .locator('.node-title')
        .click(at === 0 ? {} : { modifiers: ['Shift'] });
  };
  const breadcrumb = () => editor.page.getByRole('navigation', { name: 'Where you are' });
  const menu = (name: string) => editor.page.getByRole('menuitem', { name, exact: true });
  const portNames = (type: string) => editor.nodesOfType(type).locator('.port-label').allTextContents();

  /** The picture document with its sampling packed. */
  const packed = async (steps = 4) => {
    // Step by step previews come when there is time for them.
    await editor.openDocument(spread(pictureDocument('a red apple', { steps, side: steps * 16 })));
    await select('prompt', 'noise', 'schedule', 'sample');
    await editor.press('Control+Shift+E');
    await expect.poll(() => instances().count()).toBe(1);
  };
  const enter = async () => {
    await editor.press('Enter');
    await breadcrumb().waitFor();
    await editor.quiet(300);
  };

  test('made of the selection, opened, left, and unpacked again; all of it undone', async () => {
    await packed();
    const before = await nodeCount();
    expect(await instances().locator('.node-input').allTextContents()).toEqual([
      'text encoder',
      'model',
      'latent',
    ]);
    await expect.poll(() => instances().locator('.node-output').allTextContents()).toEqual(['latent']);
    // By key, by a double click on the node, by the button in its header.
    await enter();
    await expect.poll(nodeCount).toBe(6);
    await editor.press('Escape');
    await expect.poll(() => breadcrumb().count()).toBe(0);
    await expect.poll(() => instances().getAttribute('data-selected')).toBe('true');
    await instances().dblclick({ position: { x: 100, y: 70 } });
    await breadcrumb().waitFor();
    await breadcrumb().getByRole('button', { name: 'test' }).click();
    await expect.poll(nodeCount).toBe(before);
    await instances().getByRole('button', { name: 'Open the subgraph' }).click();
    await breadcrumb().waitFor();
    await editor.press('Escape');
    await expect.poll(nodeCount).toBe(before);
    await editor.press('Control+Shift+U');
    await expect.poll(() => instances().count()).toBe(0);
    await expect.poll(nodeCount).toBe(before + 3);
    await expect.poll(() => editor.node('sample').count()).toBe(1);
    await editor.press('Control+z', 'Control+z');
    await expect.poll(() => instances().count()).toBe(0);
    await expect.poll(nodeCount).toBe(before + 3);
    expect(
      await editor.page.getByRole('tab', { selected: true }).locator('[data-dirty], .dirty').count(),
    ).toBe(0);
  });

  test('a run goes through it: progress and pictures show on the instance and inside', async () => {
    await packed(8);
    await editor.press('Control+Enter');
    await expect.poll(() => instances().locator('.node-preview img').count(), { timeout: 60_000 }).toBe(1);
    await editor.page.getByText(/8\/8 steps/).waitFor({ timeout: 90_000 });
    await enter();
    await expect.poll(() => editor.node('sample').locator('.node-preview img').count()).toBe(1);
    // What is known already says so, here as out there.
    await expect.poll(() => editor.node('sample').locator('.node-mark[data-mark=cached]').count()).toBe(1);
    // Running to a node inside asks for it by its path.
    await editor.node('schedule').locator('.node-title').click();
    await editor.press('Shift+Enter');
    await editor.page
      .getByText(/done in/)
      .first()
      .waitFor();
    await editor.press('Escape', 'Escape');
    await expect.poll(() => instances().locator('.node-mark[data-mark=cached]').count()).toBe(1);
  }, 240_000);

  test('a value is shown on the outside, set there for each instance, renamed, moved and taken back', async () => {
    await packed();
    await enter();
    await editor.node('schedule').locator('[data-input=steps]').click({ button: 'right' });
    await menu('Expose on the subgraph').click();
    await editor.node('prompt').locator('[data-input=text] .widget-label').click({ button: 'right' });
    await menu('Expose on the subgraph').click();
    await expect
      .poll(() => portNames('subgraph.inputs'))
      .toEqual(['text encoder', 'model', 'latent', 'steps', 'text']);
    const ports = editor.nodesOfType('subgraph.inputs');
    await ports.locator('[data-port=steps] .port-label').dblclick();
    await editor.page.getByLabel('Name of the port').fill('How many steps');
    await editor.press('Enter');
    await ports.locator('[data-port=text] .row-handle').focus();
    await editor.press('ArrowUp');
    await expect
      .poll(() => portNames('subgraph.inputs'))
      .toEqual(['text encoder', 'model', 'latent', 'text', 'How many steps']);
    await editor.press('Escape', 'Escape');
    await expect.poll(() => breadcrumb().count()).toBe(0);
    const row = instances().first().locator('[data-input=steps]');
    await expect.poll(() => row.locator('.widget-label').textContent()).toBe('How many steps');
    await expect.poll(() => row.locator('input').inputValue()).toBe('4');
    // A copy shares the inside, not the values.
    await instances().first().locator('.node-title').click();
    await editor.press('Control+d');
    await expect.poll(() => instances().count()).toBe(2);
    const copy = await editor.middle(instances().nth(1).locator('.node-title'));
    await editor.drag(copy, { x: copy.x, y: copy.y + 260 });
    await row.locator('input').fill('3');
    await editor.press('Enter');
    await expect.poll(() => instances().nth(1).locator('[data-input=steps] input').inputValue()).toBe('4');
    await row.locator('.widget-label').click({ button: 'right' });
    await menu('Stop exposing').click();
    await expect.poll(() => editor.page.locator('[data-input=steps]').count()).toBe(0);
    await editor.press('Control+z');
    await expect.poll(() => editor.page.locator('[data-input=steps]').count()).toBe(2);
    await expect.poll(() => row.locator('input').inputValue()).toBe('3');
  });

  test('ports are made by pulling wires, and refused ones say why', async () => {
    await packed();
    await enter();
    const into = editor.nodesOfType('subgraph.inputs').locator('.socket[data-handleid="+"]');
    await editor.drag(await editor.middle(into), await editor.socket('sample', 'negative', 'input'));
    await expect
      .poll(() => portNames('subgraph.inputs'))
      .toEqual(['text encoder', 'model', 'latent', 'negative']);
    const out = editor.nodesOfType('subgraph.outputs').locator('.socket[data-handleid="+"]');
    await editor.drag(await editor.socket('schedule', 'sigmas', 'output'), await editor.middle(out));
    await expect.poll(() => portNames('subgraph.outputs')).toEqual(['latent', 'sigmas']);
    await editor.press('Escape', 'Escape');
    await expect
      .poll(() => instances().locator('.node-output').allTextContents())
      .toEqual(['latent', 'sigmas']);
    await editor.press('Control+z');
    // Undoing goes back to where it was done.
    await breadcrumb().waitFor();
    await expect.poll(() => portNames('subgraph.outputs')).toEqual(['latent']);
  });

  test('a selection with a node between is refused in a sentence', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple')));
    await select('model', 'sample');
    await editor.press('Control+Shift+E');
    await editor.page.getByText('lies between the selected nodes').waitFor();
    await expect.poll(() => instances().count()).toBe(0);
  });

  test('nested: a breadcrumb of three, and its own name for each', async () => {
    await packed();
    await enter();
    await select('schedule');
    await editor.press('Control+Shift+E');
    await expect.poll(() => instances().count()).toBe(1);
    await enter();
    await breadcrumb().getByRole('button', { name: 'Subgraph', exact: true }).last().click();
    await editor.page.getByLabel('Rename the subgraph').fill('Steps');
    await editor.press('Enter');
    await expect
      .poll(() => breadcrumb().locator('li').allTextContents())
      .toEqual(['test', 'Subgraph', 'Steps']);
    await breadcrumb().getByRole('button', { name: 'Subgraph', exact: true }).click();
    await expect.poll(() => instances().locator('.node-title').textContent()).toBe('Steps');
    await breadcrumb().getByRole('button', { name: 'test' }).click();
    await expect.poll(() => breadcrumb().count()).toBe(0);
    await editor.press('Control+f');
    await editor.type('step schedule');
    await editor.press('Enter');
    await expect
      .poll(() => breadcrumb().locator('li').allTextContents())
      .toEqual(['test', 'Subgraph', 'Steps']);
    await expect.poll(() => editor.node('schedule').getAttribute('data-selected')).toBe('true');
  });

  test('copied to another document it brings what it stands for; pasted into itself it is refused', async () => {
    await packed();
    await instances().locator('.node-title').click();
    await editor.press('Control+c');
    await enter();
    await editor.press('Control+v');
    await editor.page.getByText('contains itself').waitFor();
    await expect.poll(() => instances().count()).toBe(0);
    await editor.press('Alt+n');
    await editor.page.mouse.move(500, 300);
    await editor.press('Control+v');
    await expect.poll(() => instances().count()).toBe(1);
    expect(await instances().locator('.node-input').allTextContents()).toEqual([
      'text encoder',
      'model',
      'latent',
    ]);
    await instances().locator('.node-title').click();
    await editor.press('Enter');
    await expect.poll(() => editor.node('sample').count()).toBe(1);
  });

  test('made unique, a change inside leaves the other instances alone', async () => {
    await packed();
    await instances().locator('.node-title').click();
    await editor.press('Control+d');
    await expect.poll(() => instances().count()).toBe(2);
    await editor.page.locator('.node[data-selected] .node-title').click({ button: 'right' });
    await menu('Make the subgraph unique').click();
    const types = () => instances().evaluateAll((all) => all.map((node) => node.getAttribute('data-type')));
    await expect.poll(async () => new Set(await types()).size).toBe(2);
  });

  test('muted it is left out, bypassed it is passed through, missing it is a placeholder', async () => {
    await packed();
    await instances().locator('.node-title').click();
    await editor.press('Control+m');
    await expect.poll(() => instances().getAttribute('data-mode')).toBe('mute');
    await editor.press('Control+b');
    await expect.poll(() => instances().getAttribute('data-mode')).toBe('bypass');
    await editor.openDocument(
      buildDocument({ lost: { type: 'subgraph:gone', inputs: { steps: 4 } } }),
      'lost.kronode.json',
    );
    await expect.poll(() => editor.node('lost').getAttribute('data-placeholder')).toBe('true');
    await expect.poll(() => editor.node('lost').textContent()).toContain('steps');
  });

  test('what is wrong inside is told on the instance, and the way leads there', async () => {
    const document = spread(pictureDocument('a red apple'));
    await editor.openDocument({
      ...document,
      nodes: { ...document.nodes, schedule: { ...document.nodes.schedule!, inputs: { steps: -5 } } },
    });
    await select('prompt', 'noise', 'schedule', 'sample');
    await editor.press('Control+Shift+E');
    await expect.poll(() => instances().getAttribute('data-blamed')).toBe('true');
    await editor.page.getByRole('button', { name: /Problems/ }).click();
    await editor.page.getByRole('button', { name: 'Show on canvas' }).first().click();
    await breadcrumb().waitFor();
    await expect.poll(() => editor.node('schedule').getAttribute('data-selected')).toBe('true');
  });
});
