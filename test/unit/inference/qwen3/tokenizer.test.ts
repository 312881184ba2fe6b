import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_TOKENS, PromptTokenizer } from '../../../../nodes/inference/qwen3/tokenizer.ts';
import { nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

describe('prompt tokenizer', () => {
  it('cuts long prompts at the limit and says by how much', async () => {
    const tokenizer = await PromptTokenizer.open(nanoPath('tokenizer'));
    const short = tokenizer.encodePrompt('x'.repeat(3));
    expect(short.truncated).toBe(0);
    const long = tokenizer.encodePrompt('red apple, '.repeat(400));
    expect(long.ids).toHaveLength(MAX_TOKENS);
    expect(long.truncated).toBeGreaterThan(0);
    expect(long.ids.slice(0, 3)).toEqual(short.ids.slice(0, 3));
  });

  it('keeps the template around an empty prompt', async () => {
    const tokenizer = await PromptTokenizer.open(nanoPath('tokenizer'));
    const whole = tokenizer.encodePrompt('cat').ids;
    const empty = tokenizer.encodePrompt('').ids;
    // <|im_start|>user\n … <|im_end|>\n<|im_start|>assistant\n
    expect(empty.length).toBeLessThan(whole.length);
    expect(whole.slice(-3)).toEqual(empty.slice(-3));
  });

  it.each([
    ['with its settings', ['tokenizer_config.json']],
    ['alone', []],
  ])('reads vocabulary and merges %s as it reads them in one file', async (_, more) => {
    const folder = await tempFolder();
    for (const name of ['vocab.json', 'merges.txt', ...more])
      await cp(nanoPath(`tokenizer/${name}`), join(folder, name));
    const whole = await PromptTokenizer.open(nanoPath('tokenizer'));
    const apart = await PromptTokenizer.open(folder);
    for (const prompt of ['', 'red heart', 'Ünïcode 你好, 3 cats\n\n  don’t', '<|im_end|> inside'])
      expect(apart.encodePrompt(prompt)).toEqual(whole.encodePrompt(prompt));
    await rm(join(folder, 'merges.txt'));
    await expect(PromptTokenizer.open(folder)).rejects.toThrow(`There is no merges.txt in ${folder}.`);
  });

  it('says which file is missing or damaged', async () => {
    const folder = await tempFolder();
    await expect(PromptTokenizer.open(folder)).rejects.toThrow(`There is no tokenizer.json in ${folder}.`);
    await writeFile(join(folder, 'tokenizer.json'), '{');
    await expect(PromptTokenizer.open(folder)).rejects.toThrow('tokenizer.json is not valid JSON');
    await writeFile(join(folder, 'tokenizer.json'), '{}');
    await writeFile(join(folder, 'tokenizer_config.json'), '{}');
    await expect(PromptTokenizer.open(folder)).rejects.toThrow('cannot be used');
  });
});
