import { expect, test } from 'vitest';
import { wordsOf } from '../../../electron/main/words.ts';

test('the main process speaks both languages, each of its own', () => {
  const [en, zh] = [wordsOf('en'), wordsOf('zh')];
  for (const [key, words] of Object.entries(en)) {
    const other = zh[key as keyof typeof zh];
    expect(other, key).not.toBe(words);
    expect(other.match(/\{\w+\}/g), key).toEqual(words.match(/\{\w+\}/g));
  }
});
