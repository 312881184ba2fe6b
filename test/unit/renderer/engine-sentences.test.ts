import { readdirSync, readFileSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { openDocumentValue } from '../../../nodes/document/open.ts';
import type { Document } from '../../../nodes/document/schema.ts';
import { planRun } from '../../../nodes/graph/plan.ts';
import { expandSweeps } from '../../../nodes/graph/sweep.ts';
import { openPart } from '../../../nodes/inference/checkpoints/model-folder.ts';
import { createServices } from '../../../nodes/inference/services/index.ts';
import { library } from '../../../nodes/library/index.ts';
import { engineSentences } from '../../../renderer/i18n/messages/engine.ts';
import { nodeWords } from '../../../renderer/i18n/messages/nodes.ts';
import { sentenceReader } from '../../../renderer/i18n/sentences.ts';
import { buildDocument } from '../../support/build-document.ts';
import { goldenPath, nanoPath } from '../../support/fixture-paths.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const types = new Map([...library.values()].map(({ title, type }) => [title, type]));
const read = sentenceReader(engineSentences, {
  title: (title) => nodeWords.titles[types.get(title) ?? ''] ?? title,
  input: (name) => nodeWords.fields[name] ?? name,
  socket: (label) => nodeWords.sockets[label] ?? label,
  kind: (name) => ({ adapter: '适配器' })[name] ?? name,
  names: (list) => list.replace(/ and (\d+) more$/, ' 等 $1 个'),
});

const root = join(import.meta.dirname, '..', '..', '..');
const sources = ['nodes', 'electron']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  )
  .join('\n');

describe('the sentences of the engine', () => {
  test.each(Object.keys(engineSentences))('are said there: %s', (sentence) => {
    // Its words in their order, near each other: the code puts values, quotes and the s of a plural between them.
    const words = sentence
      .replaceAll(/\{\w+\}/g, ' ')
      .match(/[A-Za-z]{2,}/g)!
      .map((word) => word.replace(/s$/, ''));
    expect(new RegExp(words.join('[^]{0,160}?')).test(sources)).toBe(true);
  });

  test.each(Object.entries(engineSentences))('keep their values: %s', (sentence, chinese) => {
    const places = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
    expect(places(chinese)).toEqual(places(sentence));
    expect(chinese).toMatch(/\p{Script=Han}/u);
  });

  test('what a plan and an opened file complain of is said in Chinese, names of nodes and inputs too', () => {
    const document = buildDocument(
      {
        decode: { type: 'images.decode' },
        end: { type: 'images.preview' },
        size: { type: 'latents.empty', inputs: { width: -3, strange: 1 } },
        sample: { type: 'sampling.sample' },
        other: { type: 'other.kind' },
        seen: { type: 'images.preview' },
        off: { type: 'images.load', mode: 'mute' },
        last: { type: 'images.preview' },
      },
      [
        'decode.image > end.image',
        'size.latent > sample.latent',
        'sample.latent > decode.latent',
        'other.image > seen.image',
        'off.image > last.image',
        'gone.image > last.image',
      ],
    );
    const { problems } = planRun(document, library);
    const opened = openDocumentValue(document, library);
    const all = [...problems, ...opened.problems];
    expect(all.length).toBeGreaterThan(8);
    const said = all.flatMap(({ message, hint }) => [message, ...(hint === undefined ? [] : [hint])]);
    expect(said.filter((sentence) => read(sentence) === undefined)).toEqual([]);
    expect(said.map(read)).toContain('“采样”的“正向”需要连接条件。');
    expect(said.map(read)).toContain('“空白潜图”的“宽”不能是 -3：应为 16 到 8192 之间的数。');
  });

  test('what is wrong with a sweep is said in Chinese', () => {
    const complaints = (x: string, values: string) => {
      const document = buildDocument(
        {
          load: { type: 'images.load', inputs: { image: 'any.png' } },
          crop: { type: 'images.crop' },
          plot: { type: 'sweeps.xy', inputs: { x, x_values: values, y: '', y_values: '' } },
          end: { type: 'images.preview' },
        },
        ['load.image > crop.image', 'crop.image > plot.image', 'plot.grid > end.image'],
      );
      const plan = (state: Document, targets?: readonly string[]) => planRun(state, library, targets);
      return expandSweeps(plan(document), document, (state, target) => plan(state, [target])).problems;
    };
    const problems = [
      complaints('', '1'),
      complaints('gone.x', '1'),
      complaints('crop.image', '1'),
      complaints('crop.width', ''),
      complaints('crop.width', '1..99'),
      complaints('crop.width', 'wide'),
    ];
    expect(problems.map(({ length }) => length)).toEqual(problems.map(() => 1));
    const said = problems.flat().flatMap(({ message, hint = '' }) => [message, hint]);
    expect(said.filter((sentence) => read(sentence) === undefined)).toEqual([]);
    expect(said.map(read)).toContain('“XY 对照图”：没有可以尝试的值。');
  });

  test('why a model cannot be used, and what to do, is said in Chinese', async () => {
    const root = await tempFolder();
    await cp(nanoPath('.'), join(root, 'model'), { recursive: true });
    await rm(join(root, 'model', 'vae'), { recursive: true });
    await cp(nanoPath('vae'), join(root, 'vae'), { recursive: true });
    await cp(goldenPath('qwen3-tiny'), join(root, 'narrow'), { recursive: true });
    await rm(join(root, 'narrow', 'cases.safetensors'));
    const models = (
      await createServices({
        modelFolders: [root],
        pictureFolders: [],
        outputFolder: root,
        provider: 'cpu',
      })
    ).models;
    const files = {
      'a.safetensors': 'version https://git-lfs.github.com/spec/v1',
      'b.safetensors': 'Entry not found',
      'c.gguf': 'GGUF and more',
      'd.ckpt': 'PK\x03\x04 and more',
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
    const openings = [
      ...Object.keys(files).map((name) => () => openPart(join(root, name), 'transformer')),
      () => openPart(nanoPath('vae'), 'transformer'),
      () => openPart(nanoPath('transformer'), 'vae'),
      () => models.open({ model: 'model', textEncoder: '', vae: '' }),
      () => models.open({ model: 'model', textEncoder: 'narrow', vae: 'vae' }),
    ];
    const said: string[] = [];
    for (const opening of openings) {
      const error: unknown = await opening().then(
        () => undefined,
        (failure: unknown) => failure,
      );
      if (!(error instanceof UserError)) throw error ?? new Error('It opened.');
      said.push(error.message, ...(error.hint === undefined ? [] : [error.hint]));
    }
    expect(said).toHaveLength(2 * openings.length);
    expect(said.filter((sentence) => read(sentence) === undefined)).toEqual([]);
    expect(said.map(read)).toContain('请使用此模型的 .safetensors 版本（bf16 或 fp16）。');
  });

  test('one that is not known, or holds a part that is not, stays whole', () => {
    expect(read('The text encoder failed: there is not enough memory.')).toBe(
      'text encoder 运行失败：内存不足。',
    );
    expect(read('The text encoder failed: 0xdeadbeef.')).toBeUndefined();
    expect(read('A sentence nobody wrote.')).toBeUndefined();
    expect(read('The run was cancelled. And more.')).toBeUndefined();
  });

  test('a sentence with several more is said with them', () => {
    expect(read('“Sample” needs latent at latent. (and 1 more problem)')).toMatch(
      /^“采样”.*（另有 1 个问题）$/,
    );
  });

  test('one made to fit nearly, in millions of ways, is read at once', { timeout: 10_000 }, () => {
    const pieces = ['“x', '” ('.repeat(900), ') is left out: it needs “'.repeat(110), '” ('.repeat(900)];
    expect(read(pieces.join(''))).toBeUndefined();
    expect(read('“a” (b) is left out: it needs “'.repeat(250))).toBeUndefined();
    expect(read(`“${'a'.repeat(200_000)}” (b) is muted.`)).toMatch(/^“a{200000}”（b）已静音。$/);
    // Sentences within sentences.
    const nested = 'a of “b” got a value it cannot take: cannot be x: a does not fit this model: ';
    expect(read(`${nested.repeat(100)}.... (item 1, a) (and 1 more problem)`)).toBeUndefined();
  });

  test.each([
    [
      'Needs 7.4 GB of 8.0 GB; the text encoder will be loaded again for each new prompt; weights will be read from disk at every step.',
      '需要 7.4 GB（共 8.0 GB）；每次更换提示词都会重新加载文本编码器；每一步都会从磁盘读取权重。',
    ],
    [
      'To make it fit, choose the precision int4 on the Load model node, or make single pictures of 512×512.',
      '要放得下，可以在“加载模型”节点上把精度选为 int4，或每次只生成一张 512×512 的图片。',
    ],
    [
      'Transformer in f16, 12.3 GB in memory: chosen, though this GPU computes in float32 only.',
      'Transformer：f16，占用内存 12.3 GB，原因：手动选择，但此显卡只能以 float32 计算。',
    ],
    [
      '9 of its 12 tensors name no layer of this model and change nothing: "a", "b", "c" and 6 more.',
      '它的 12 个张量中有 9 个不对应此模型的任何层，不起作用："a", "b", "c" 等 6 个。',
    ],
    [
      '"a.alpha" cannot be used: its rank is 9000, more than the 4096 that are read, and 2 more groups like it.',
      '"a.alpha" 无法使用：它的秩为 9000，超过可读取的 4096，类似的还有 2 组。',
    ],
  ])('%s', (sentence, chinese) => {
    expect(read(sentence)).toBe(chinese);
  });

  test('a value may hold anything', () => {
    expect(read('There is no node type “{said} $& (.*)\n”.')).toBe('没有“{said} $& (.*)\n”这种节点。');
  });
});
