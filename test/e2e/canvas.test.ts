import { describe, expect, test } from 'vitest';
import { serializeDocument } from '../../nodes/document/open.ts';
import { emptyDocument } from '../../nodes/document/schema.ts';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

describe.skipIf(!hasBrowser)('the canvas', () => {
  let editor: Editor;
  editorForEach(
    (opened) => {
      editor = opened;
    },
    { sharesServer: true },
  );

  const two = () =>
    buildDocument({
      number: { type: 'values.number', at: [0, 0] },
      size: { type: 'latents.empty', at: [500, 0] },
      sample: { type: 'sampling.sample', at: [900, 0] },
      load: { type: 'models.load', at: [0, 300] },
    });

  test('a double click searches and adds a node where it was', async () => {
    await editor.openDocument(emptyDocument());
    await editor.page.mouse.dblclick(500, 200);
    await editor.type('ksampler');
    await editor.press('Enter');
    const node = editor.nodesOfType('sampling.sample');
    await expect.poll(() => node.count()).toBe(1);
    const box = await node.boundingBox();
    expect(Math.abs((box?.x ?? 0) - 500)).toBeLessThan(4);
    await editor.press('Control+z');
    await expect.poll(() => node.count()).toBe(0);
    await editor.press('Control+y');
    await expect.poll(() => node.count()).toBe(1);
  });

  test('a wire is drawn, refused with a sentence, and replaces the one that was there', async () => {
    await editor.openDocument(two());
    const model = await editor.socket('load', 'model', 'output');
    await editor.drag(model, await editor.socket('sample', 'model', 'input'));
    await expect.poll(() => editor.wires().count()).toBe(1);
    // Refused: the sentence is there while the wire is held, and no wire after.
    const { mouse } = editor.page;
    const latent = await editor.socket('sample', 'latent', 'input');
    await mouse.move(model.x, model.y);
    await mouse.down();
    await mouse.move(latent.x, latent.y, { steps: 8 });
    await expect.poll(() => editor.page.locator('.connection-hint').textContent()).toContain('takes latent');
    expect(
      await editor.node('sample').locator('.socket[data-handleid=model]').getAttribute('data-state'),
    ).toBe('fits');
    expect(
      await editor.node('sample').locator('.socket[data-handleid=noise]').getAttribute('data-state'),
    ).toBe('refused');
    await mouse.up();
    await expect.poll(() => editor.wires().count()).toBe(1);
    await editor.drag(model, await editor.socket('sample', 'model', 'input'));
    await expect.poll(() => editor.wires().count()).toBe(1);
  });

  test('a wire dropped on empty canvas offers fitting nodes and joins the chosen one', async () => {
    await editor.openDocument(two());
    const model = await editor.socket('load', 'vae', 'output');
    await editor.drag(model, { x: model.x + 180, y: model.y + 160 });
    const items = editor.page.locator('[cmdk-item]');
    await expect.poll(() => items.count()).toBe(3);
    await expect
      .poll(async () => (await items.allTextContents()).join())
      .toBe('Decode image,Encode image,Switch');
    await editor.press('Enter');
    await expect.poll(() => editor.nodesOfType('images.decode').count()).toBe(1);
    await expect.poll(() => editor.wires().count()).toBe(1);
    // Node and wire came as one step.
    await editor.press('Control+z');
    await expect.poll(() => editor.nodesOfType('images.decode').count()).toBe(0);
    await expect.poll(() => editor.wires().count()).toBe(0);
  });

  test('a wire dropped on a node goes into its first fitting input', async () => {
    await editor.openDocument(two());
    const model = await editor.socket('load', 'model', 'output');
    await editor.drag(model, await editor.middle(editor.node('sample').locator('.node-title')));
    await expect.poll(() => editor.wires().count()).toBe(1);
  });

  test('a wire that is pulled off its input is gone', async () => {
    await editor.openDocument(
      buildDocument(
        { load: { type: 'models.load', at: [0, 0] }, sample: { type: 'sampling.sample', at: [500, 0] } },
        ['load.model > sample.model'],
      ),
    );
    const end = await editor.socket('sample', 'model', 'input');
    await editor.drag({ x: end.x - 14, y: end.y }, { x: end.x - 60, y: end.y + 260 });
    await expect.poll(() => editor.wires().count()).toBe(0);
    await editor.press('Control+z');
    await expect.poll(() => editor.wires().count()).toBe(1);
  });

  test('pulling at a wired input takes the wire off as well', async () => {
    await editor.openDocument(
      buildDocument(
        { load: { type: 'models.load', at: [0, 0] }, sample: { type: 'sampling.sample', at: [500, 0] } },
        ['load.model > sample.model'],
      ),
    );
    const end = await editor.socket('sample', 'model', 'input');
    await editor.drag(end, { x: end.x - 60, y: end.y + 260 });
    await expect.poll(() => editor.wires().count()).toBe(0);
  });

  test('dragging a node is one step of undo, and deleting it heals the wire', async () => {
    await editor.openDocument(
      buildDocument(
        {
          load: { type: 'images.load', at: [0, 0] },
          resize: { type: 'images.resize', at: [400, 0] },
          save: { type: 'images.save', at: [800, 0] },
        },
        ['load.image > resize.image', 'resize.image > save.image'],
      ),
    );
    const before = await editor.middle(editor.node('resize').locator('.node-title'));
    await editor.drag(before, { x: before.x + 40, y: before.y + 200 });
    const after = await editor.middle(editor.node('resize').locator('.node-title'));
    expect(Math.abs(after.y - before.y - 200)).toBeLessThan(5);
    await editor.press('Control+z');
    await expect.poll(() => editor.middle(editor.node('resize').locator('.node-title'))).toEqual(before);
    await editor.node('resize').locator('.node-title').click();
    await editor.press('Delete');
    await expect.poll(() => editor.node('resize').count()).toBe(0);
    await expect.poll(() => editor.wires().count()).toBe(1);
  });

  test('a node dropped on a wire goes into it', async () => {
    await editor.openDocument(
      buildDocument(
        {
          load: { type: 'images.load', at: [0, 0] },
          resize: { type: 'images.resize', at: [300, 400] },
          save: { type: 'images.save', at: [800, 0] },
        },
        ['load.image > save.image'],
      ),
    );
    const [from, to] = [
      await editor.socket('load', 'image', 'output'),
      await editor.socket('save', 'image', 'input'),
    ];
    const grip = await editor.middle(editor.node('resize').locator('.node-title'));
    await editor.drag(grip, { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 });
    await expect.poll(() => editor.wires().count()).toBe(2);
    await editor.press('Control+z');
    await expect.poll(() => editor.wires().count()).toBe(1);
  });

  test('copies go through the system clipboard, with their wires and, when asked, those that led in', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple')));
    await editor.node('decode').locator('.node-title').click();
    await editor.press('Control+c');
    await editor.page.mouse.move(700, 700);
    await editor.press('Control+v');
    await expect.poll(() => editor.nodesOfType('images.decode').count()).toBe(2);
    await expect.poll(() => editor.wires().count()).toBe(9);
    await editor.press('Control+z');
    await editor.press('Control+Shift+v');
    await expect.poll(() => editor.nodesOfType('images.decode').count()).toBe(2);
    await expect.poll(() => editor.wires().count()).toBe(11);
    await editor.press('Control+a', 'Control+x');
    await expect.poll(() => editor.page.locator('.node').count()).toBe(0);
    await editor.press('Control+v');
    await expect.poll(() => editor.page.locator('.node').count()).toBe(9);
  });

  test('a wire is not pasted to a node that only has the name of the one it came from', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple')));
    await editor.node('decode').locator('.node-title').click();
    await editor.press('Control+c');
    await editor.openDocument(
      buildDocument({
        sample: { type: 'values.number', at: [0, 0] },
        model: { type: 'models.load', at: [400, 0] },
      }),
      'other.kronode.json',
    );
    await editor.page.mouse.move(700, 700);
    await editor.press('Control+Shift+v');
    await expect.poll(() => editor.nodesOfType('images.decode').count()).toBe(1);
    await editor.press('Control+a', 'Control+c');
    const copied = await editor.page.evaluate(() => navigator.clipboard.readText());
    const { wires } = JSON.parse(copied) as { wires: { from: string[] }[] };
    expect(wires.map(({ from }) => from)).toEqual([['model', 'vae']]);
  });

  test('the text of a workflow is pasted as a tab of its own, anything else in brackets is refused', async () => {
    const tabs = editor.page.getByRole('tab');
    const before = await tabs.count();
    const paste = (content: string) =>
      editor.page.evaluate((data) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', data);
        window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
      }, content);
    await paste(serializeDocument(pictureDocument('a pasted apple', { title: 'From a friend' })));
    await expect.poll(() => tabs.count()).toBe(before + 1);
    await editor.page.getByRole('tab', { name: /From a friend/, selected: true }).waitFor();
    await paste('{ "a": 1 }');
    await editor.page.getByText('This is JSON, but not a Kronode workflow.').waitFor();
    await paste('{ a workflow? }');
    await editor.page.getByText('This is not valid JSON').waitFor();
    expect(await tabs.count()).toBe(before + 1);
  });

  test('a clipboard that is refused is told in a sentence', async () => {
    await editor.openDocument(two());
    await editor.page.evaluate(() => {
      const refuse = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
      Object.assign(navigator.clipboard, { writeText: refuse, readText: refuse });
    });
    const told = editor.page.getByText('The browser keeps this page from the clipboard.');
    for (const command of ['copy', 'paste']) {
      await editor.press('Control+a', 'Control+k');
      await editor.type(command);
      await editor.press('Enter');
      await expect.poll(() => told.count()).toBe(1);
      await expect.poll(() => told.count()).toBe(0);
    }
  });

  test('what is selected lies over its neighbours, which it may have grown over', async () => {
    await editor.openDocument(
      buildDocument({
        prompt: { type: 'prompts.encode', at: [0, 0] },
        below: { type: 'values.number', at: [0, 150] },
      }),
    );
    const text = editor.node('prompt').getByRole('textbox').first();
    await text.click();
    await editor.page.keyboard.insertText('a very long prompt '.repeat(40));
    await editor.settle();
    const { x, y } = await editor.middle(editor.node('below'));
    const onTop = () =>
      editor.page.evaluate(
        (at) => document.elementFromPoint(at.x, at.y)?.closest('.node')?.getAttribute('data-node'),
        { x, y },
      );
    await expect.poll(onTop).toBe('prompt');
    await editor.page.locator('.react-flow__pane').click({ position: { x: 700, y: 20 } });
    await expect.poll(onTop).toBe('below');
  });

  test('dragging with Alt leaves the original and drops a copy', async () => {
    await editor.openDocument(two());
    const grip = await editor.middle(editor.node('number').locator('.node-title'));
    await editor.drag(grip, { x: grip.x + 30, y: grip.y + 150 }, ['Alt']);
    await expect.poll(() => editor.nodesOfType('values.number').count()).toBe(2);
    await expect.poll(() => editor.middle(editor.node('number').locator('.node-title'))).toEqual(grip);
  });

  test('a frame takes its contents along; a box selects; Shift adds', async () => {
    await editor.openDocument(two());
    await editor.node('number').locator('.node-title').click();
    await editor.press('Control+g');
    await editor.press('Escape');
    const before = await editor.middle(editor.node('number').locator('.node-title'));
    const frame = await editor.middle(editor.page.locator('.frame-header'));
    await editor.drag(frame, { x: frame.x - 40, y: frame.y + 30 });
    const after = await editor.middle(editor.node('number').locator('.node-title'));
    expect(Math.abs(after.x - before.x + 40)).toBeLessThan(5);
    await editor.press('Control+z', 'Escape');
    await editor.node('number').locator('.node-title').click();
    await editor
      .node('size')
      .locator('.node-title')
      .click({ modifiers: ['Shift'] });
    await expect.poll(() => editor.page.locator('.node[data-selected]').count()).toBe(2);
    const box = await editor.node('size').boundingBox();
    if (!box) throw new Error('not drawn');
    await editor.press('Escape');
    await editor.drag({ x: box.x - 10, y: box.y - 10 }, { x: box.x + 40, y: box.y + 40 }, ['Control']);
    await expect.poll(() => editor.page.locator('.node[data-selected]').count()).toBe(1);
  });

  test('mute, bypass, collapse, pin and rename by key', async () => {
    await editor.openDocument(two());
    const node = editor.node('sample');
    await node.locator('.node-title').click();
    await editor.press('Control+m');
    await expect.poll(() => node.getAttribute('data-mode')).toBe('mute');
    await editor.press('Control+b');
    await expect.poll(() => node.getAttribute('data-mode')).toBe('bypass');
    await editor.press('Control+b');
    await expect.poll(() => node.getAttribute('data-mode')).toBeNull();
    await editor.press('Alt+c');
    await expect.poll(() => node.locator('.node-body').count()).toBe(0);
    await editor.press('Alt+c', 'p');
    const place = await editor.placeOf('sample');
    const grip = await editor.middle(node.locator('.node-title'));
    await editor.drag(grip, { x: grip.x, y: grip.y + 100 });
    await expect.poll(() => editor.placeOf('sample')).toEqual(place);
    await node.locator('.node-title').click();
    await editor.press('F2');
    await editor.type('My sampler');
    await editor.press('Enter');
    await expect.poll(() => node.locator('.node-title').textContent()).toBe('My sampler');
    await editor.press('F2');
    await editor.type('Something else');
    await editor.press('Escape');
    await expect.poll(() => node.locator('.node-title').textContent()).toBe('My sampler');
    // Nothing was done that would have to be undone first.
    await editor.press('Control+z');
    await expect.poll(() => node.locator('.node-title').textContent()).toBe('Sample');
  });

  test('aligning, layout and a note', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple')));
    await editor.press('Control+a', 'Shift+l');
    const tops = async () =>
      Promise.all(['model', 'prompt', 'sample'].map((id) => editor.middle(editor.node(id))));
    await expect
      .poll(async () => {
        const [model, prompt, sample] = await tops();
        return model && prompt && sample && model.x < prompt.x && prompt.x < sample.x;
      })
      .toBe(true);
    await editor.page.mouse.move(300, 760);
    await editor.press('Shift+n');
    await editor.page.locator('.note-text').dblclick();
    await editor.type('**bold** <img src=x onerror=alert(1)>');
    await editor.press('Escape');
    await expect.poll(() => editor.page.locator('.note-text strong').textContent()).toBe('bold');
    await expect.poll(() => editor.page.locator('.note-text img').count()).toBe(0);
  });

  test('an unknown kind of node keeps its place, wires and values', async () => {
    await editor.openDocument(
      buildDocument(
        {
          load: { type: 'images.load', at: [0, 0] },
          odd: { type: 'other.thing', inputs: { depth: 3 }, at: [400, 0] },
        },
        ['load.image > odd.picture'],
      ),
    );
    await expect.poll(() => editor.node('odd').textContent()).toContain('other.thing');
    await expect.poll(() => editor.node('odd').textContent()).toContain('depth');
    await expect.poll(() => editor.wires().count()).toBe(1);
    // It is listed although no run would come by it, for as long as it is there.
    await editor.press('e');
    const problems = editor.page.getByRole('complementary', { name: 'Problems' });
    await expect.poll(() => problems.textContent()).toContain('There is no node type “other.thing”.');
    await problems.getByRole('button', { name: 'Remove node' }).click();
    await expect.poll(() => editor.node('odd').count()).toBe(0);
    await expect.poll(() => problems.textContent()).not.toContain('other.thing');
  });

  test('from far away a node is a block with its name across', async () => {
    await editor.openDocument(buildDocument({ size: { type: 'latents.empty', at: [0, 0] } }));
    const title = editor.node('size').locator('.node-title');
    const height = async () => (await title.boundingBox())!.height;
    for (let i = 0; i < 8; i++) await editor.press('Alt+-');
    await expect.poll(() => editor.page.locator('.canvas[data-far]').count()).toBe(1);
    await expect.poll(() => editor.node('size').locator('input').first().isVisible()).toBe(false);
    const zoom = await editor.node('size').evaluate((node) => {
      return node.getBoundingClientRect().width / (node as HTMLElement).offsetWidth;
    });
    // As drawn it is larger than the rest would be.
    expect((await height()) / zoom).toBeGreaterThan(30);
    await editor.press('.');
    await expect.poll(() => editor.page.locator('.canvas[data-far]').count()).toBe(0);
    await editor.node('size').locator('input').first().waitFor();
  });

  test('the palette runs commands and the keys of one can be changed', async () => {
    await editor.openDocument(two());
    await editor.press('Control+k');
    // What begins as one types comes before what merely holds the letters.
    await editor.type('paste');
    await expect
      .poll(() => editor.page.getByRole('option', { selected: true }).textContent())
      .toMatch(/^PasteCtrl/);
    await editor.press('Control+a');
    await editor.type('select all');
    await editor.press('Enter');
    await expect.poll(() => editor.page.locator('.node[data-selected]').count()).toBe(4);
    await editor.press('Control+Shift+k');
    await editor.page.getByRole('button', { name: 'Change the keys of “Select nothing”' }).click();
    await editor.press('Alt+q');
    await editor.press('Escape');
    await editor.press('Alt+q');
    await expect.poll(() => editor.page.locator('.node[data-selected]').count()).toBe(0);
  });
});
