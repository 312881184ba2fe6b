import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { library } from '../../nodes/library/index.ts';
import { kronode } from '../support/command-line.ts';
import { nanoPath } from '../support/fixture-paths.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A provider that only another system has. */
const FOREIGN = process.platform === 'win32' ? 'coreml' : 'dml';
const TEMPLATE = 'workflows/text-to-image.kronode.json';
const template = async (): Promise<string> => readFile(TEMPLATE, 'utf8');

/** The template with its size coming from two nodes that feed each other. */
function looped(text: string): string {
  const document = JSON.parse(text);
  const resize = { type: 'latents.resize', version: 1, at: [0, 0], inputs: {} };
  Object.assign(document.nodes, { one: resize, two: resize });
  const into = Object.values<{ to: string[]; from: string[] }>(document.wires);
  into.find(({ to }) => to.join('.') === 'sample.latent')!.from = ['one', 'latent'];
  document.wires.x = { from: ['one', 'latent'], to: ['two', 'latent'] };
  document.wires.y = { from: ['two', 'latent'], to: ['one', 'latent'] };
  return JSON.stringify(document);
}

describe('kronode run', () => {
  it.each([
    ['text-to-image', 128, 128],
    ['seed-variations', 400, 451],
    ['image-to-image', 128, 128],
    ['tiled-decode', 1024, 1024],
    ['live-strength', 128, 128],
    ['prompt-grid', 536, 451],
  ])('runs the template %s', async (name, width, height) => {
    const out = await tempFolder();
    const { code, stdout } = await kronode(['run', `workflows/${name}.kronode.json`, '--out', out]);
    expect(code).toBe(0);
    const [file = ''] = await readdir(out);
    expect(stdout).toContain(join(out, file));
    expect(await sharp(join(out, file)).metadata()).toMatchObject({ format: 'png', width, height });
  });

  it('prints one JSON result, and the saved picture runs again to the same bytes', async () => {
    const out = await tempFolder();
    const first = await kronode([
      'run',
      TEMPLATE,
      '--json',
      '--out',
      out,
      '--set',
      'Noise.seed=18446744073709551615',
    ]);
    const result = JSON.parse(first.stdout);
    expect(result.outputs[0]).toMatchObject({ seed: ['18446744073709551615'], prompts: ['a red apple'] });
    expect(result.outputs[0].sigmas).toHaveLength(9);
    expect(result.outputs[0].models.map(({ sha256 }: { sha256: string }) => sha256)).toEqual(
      Array(3).fill(expect.stringMatching(/^[0-9a-f]{64}$/)),
    );
    const sample = result.timings.nodes.find(({ node }: { node: string }) => node === 'sample');
    expect(sample.units).toHaveLength(8);
    const picture = result.outputs[0].path;
    const second = await kronode(['run', picture, '--json', '--out', out]);
    const again = JSON.parse(second.stdout).outputs[0].path;
    expect((await readFile(again)).equals(await readFile(picture))).toBe(true);
  });

  it('says what a run needs before it starts', async () => {
    const size = ['--set', 'size.width=4096', '--set', 'size.height=4096'];
    let isAsked = false;
    const { code, stderr } = await kronode(
      ['run', TEMPLATE, '--out', await tempFolder(), ...size],
      (said, interrupt) => {
        if (said.includes('Needs') && !isAsked) interrupt();
        isAsked ||= said.includes('Needs');
      },
    );
    expect(stderr).toMatch(/^Sample: Needs [\d.]+ GB/);
    expect(code).toBe(130);
  });

  it('stops at the next step on Ctrl+C and leaves nothing behind', async () => {
    const out = await tempFolder();
    const workflow = join(out, 'notice.kronode.json');
    // A prompt that is too long is told before sampling starts: the moment to interrupt.
    await writeFile(workflow, (await template()).replace('a red apple', 'apple '.repeat(1000)));
    const args = ['run', workflow, '--out', out, '--set', 'schedule.steps=1000'];
    let isAsked = false;
    const { code, stderr } = await kronode(args, (said, interrupt) => {
      if (said.includes('too long') && !isAsked) interrupt();
      isAsked ||= said.includes('too long');
    });
    expect(code).toBe(130);
    expect(stderr).toContain('Stopped.');
    expect(await readdir(out)).toEqual(['notice.kronode.json']);
  });
});

describe('bad input ends in a sentence', () => {
  const said = async (code: number, args: readonly string[], ...words: string[]) => {
    const finished = await kronode(args);
    for (const word of words) expect(finished.stderr).toContain(word);
    expect(finished.code).toBe(code);
    expect(finished.stderr).not.toMatch(/\n\s+at /);
  };

  it.each<[string, readonly string[], ...string[]]>([
    ['no workflow', ['run'], 'Which workflow'],
    ['an unknown command', ['paint'], 'paint'],
    ['an unknown option', ['run', TEMPLATE, '--fast'], '--fast'],
    ['a missing file', ['run', 'nowhere.json'], 'nowhere.json'],
    ['a folder', ['run', 'workflows'], 'folder'],
    ['an unknown provider', ['run', TEMPLATE, '--provider', 'gpu'], 'gpu', 'webgpu'],
    ['an unknown part', ['run', TEMPLATE, '--provider', 'unet=cpu'], 'unet', 'text-encoder'],
    [
      'a provider of a part that is not here',
      ['run', TEMPLATE, '--provider', `vae=${FOREIGN}`],
      `${FOREIGN} cannot be used`,
    ],
    ['an unknown node', ['run', TEMPLATE, '--set', 'nose.seed=1'], 'nose', 'noise'],
    ['an unknown input', ['run', TEMPLATE, '--set', 'noise.sed=1'], 'sed', 'variation_seed'],
    ['a value out of range', ['run', TEMPLATE, '--set', 'size.width=99999'], '8192'],
    ['a seed that is none', ['run', TEMPLATE, '--set', 'noise.seed=-1'], '18446744073709551615'],
    ['a model that is not there', ['run', TEMPLATE, '--set', 'model.model=nanno'], 'nanno', '"nano"'],
    ['a model name with ..', ['run', TEMPLATE, '--set', 'model.model=../nano'], '..'],
    ['an absolute model name', ['run', TEMPLATE, '--set', 'model.model=/etc'], 'absolute'],
    ['a drive letter', ['run', TEMPLATE, '--set', 'model.model=C:/nano'], 'colon'],
    [
      'a picture name with ..',
      ['run', 'workflows/image-to-image.kronode.json', '--set', 'picture.image=../x.png'],
      '..',
    ],
    ['a ComfyUI picture', ['run', 'test/fixtures/comfyui/z_image_turbo_example.png'], 'ComfyUI'],
    ['a picture without workflow', ['run', 'workflows/pictures/sketch.png'], 'no workflow'],
    ['nothing to inspect', ['inspect', 'nowhere.safetensors'], 'nowhere.safetensors'],
    ['inspecting what is no model', ['inspect', 'package-lock.json'], 'package-lock.json'],
  ])('%s', (_name, args, ...words) => said(2, args, ...words));

  it.each<[string, (text: string) => string, ...string[]]>([
    ['text that is no JSON', () => '{', 'JSON'],
    ['JSON that is no workflow', () => '{"nodes": []}', 'not a Kronode workflow'],
    ['a newer format', (text) => text.replace('"version": 1', '"version": 9'), 'newer Kronode'],
    ['an unknown node type', (text) => text.replace('images.decode', 'images.dream'), 'images.dream'],
    [
      'a missing wire',
      (text) => text.replace('"conditioning"\n', '"nothing"\n').replace(/"w2": \{[^}]*\},/, ''),
      'Encode prompt',
    ],
    ['deep nesting', () => '['.repeat(100_000), 'nested'],
    ['a loop', looped, 'loop', 'one', 'two'],
  ])('%s', async (_name, change, ...words) => {
    const path = join(await tempFolder(), 'bad.json');
    await writeFile(path, change(await template()));
    await said(2, ['run', path], ...words);
  });

  it('a picture that is cut off', async () => {
    const path = join(await tempFolder(), 'cut.png');
    await cp('workflows/pictures/prompt-grid.png', path);
    await truncate(path, 3000);
    await said(2, ['run', path], 'damaged');
  });

  it('a model that is cut off', async () => {
    const models = await tempFolder();
    await cp(nanoPath('.'), join(models, 'cut'), { recursive: true });
    await truncate(join(models, 'cut', 'transformer', 'diffusion_pytorch_model.safetensors'), 100_000);
    await said(
      1,
      ['run', TEMPLATE, '--models', models, '--set', 'model.model=cut'],
      'cut off',
      'transformer',
    );
  });

  it('an output folder that is a file', async () => {
    const path = join(await tempFolder(), 'file');
    await writeFile(path, '');
    await said(1, ['run', TEMPLATE, '--out', path], 'cannot be saved');
  });

  it('a file name that tries to leave the output folder stays inside', async () => {
    const root = await tempFolder();
    const out = join(root, 'out');
    const { code } = await kronode(['run', TEMPLATE, '--out', out, '--set', 'save.name=../../escaped']);
    expect(code).toBe(0);
    expect(await readdir(root)).toEqual(['out']);
    expect(await readdir(out)).toEqual(['escaped_00001.png']);
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.skipIf(!canMount)('a full disk leaves no half file (needs root, to mount a tiny one)', async () => {
    const disk = join(await tempFolder(), 'disk');
    await mkdir(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]);
    expect(mounted.status).toBe(0);
    try {
      await said(1, ['run', TEMPLATE, '--out', disk], 'disk is full');
      expect(await readdir(disk)).toEqual([]);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe('kronode tells', () => {
  it('what a model holds', async () => {
    const { stdout } = await kronode(['inspect', nanoPath('transformer'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'transformer',
      parts: [{ layout: 'zimage/diffusers' }],
    });
  });

  it('what an adapter holds', async () => {
    const { stdout } = await kronode(['inspect', nanoPath('adapters/nano-glossy-lokr.safetensors')]);
    expect(stdout).toContain('40 modules: LoKr ×40');
  });

  it('what a workflow holds', async () => {
    const { stdout } = await kronode(['inspect', TEMPLATE]);
    expect(stdout).toContain('sample: Sample (sampling.sample)');
  });

  it('every node there is', async () => {
    const { stdout } = await kronode(['nodes']);
    for (const { title, type } of library.values()) expect(stdout).toContain(`${title}  (${type})`);
    const declarations = JSON.parse((await kronode(['nodes', '--json'])).stdout);
    expect(declarations).toHaveLength(library.size);
  });
});
