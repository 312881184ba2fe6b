import { describe, expect, test } from 'vitest';
import type { PictureSummary } from '../../../nodes/protocol/contract.ts';
import { lanesFor, tileHeight, walk } from '../../../renderer/pictures/masonry.ts';
import { makingOf, matches, shortNumber, strengthText } from '../../../renderer/pictures/picture-facts.ts';

const picture = (facts: PictureSummary['facts'], file?: string): PictureSummary => ({
  id: 'a',
  hasDocument: true,
  width: 64,
  height: 64,
  at: 0,
  facts,
  ...(file !== undefined && { file }),
});

const full = picture(
  [
    { kind: 'model', file: { name: 'z-image/turbo.safetensors', sha256: '00' } },
    { kind: 'adapter', file: { name: 'film.safetensors' }, strength: [0.5, 0.12345] },
    { kind: 'prompt', text: 'A red Apple\non a table' },
    { kind: 'sampling', sampler: { name: 'euler' }, sigmas: [1, 0], seeds: ['42', '43'], guidance: 1 },
  ],
  'fruit_00001.png',
);

describe('what a picture was made with', () => {
  test('is told apart by kind', () => {
    const { prompts, seeds, models, adapters, samplings } = makingOf(full);
    expect(prompts).toEqual(['A red Apple\non a table']);
    expect(seeds).toEqual(['42', '43']);
    expect(models.map(({ kind, file }) => `${kind} ${file.name}`)).toEqual([
      'model z-image/turbo.safetensors',
    ]);
    expect(adapters.map(({ strength }) => strengthText(strength))).toEqual(['0.5, 0.1235']);
    expect(samplings[0]?.sigmas).toEqual([1, 0]);
  });

  test('is empty where a file holds nonsense', () => {
    const odd = picture([{ kind: 'prompt', text: 7 }, { kind: 'sampling' }, { kind: 'adapter', file: 'x' }]);
    expect(makingOf(odd)).toEqual({ prompts: [], seeds: [], models: [], adapters: [], samplings: [] });
  });

  test('numbers are short', () => {
    expect([1, 0.80000001, -0.25].map(shortNumber)).toEqual(['1', '0.8', '-0.25']);
  });
});

describe('the filter', () => {
  test.each(['', 'apple', 'RED table', '43', 'film', 'turbo fruit_'])('“%s” finds it', (query) => {
    expect(matches(full, query)).toBe(true);
  });
  test.each(['pear', 'apple pear', '44'])('“%s” does not', (query) => {
    expect(matches(full, query)).toBe(false);
  });
  test('a picture without facts is found by its file', () => {
    expect(matches(picture([], 'old.webp'), 'old')).toBe(true);
    expect(matches(picture([]), 'old')).toBe(false);
  });
});

describe('walking through a masonry', () => {
  // Two columns: 0 2 3 on the left, 1 4 on the right.
  const places = [
    { index: 0, lane: 0, start: 0, end: 10 },
    { index: 1, lane: 1, start: 0, end: 30 },
    { index: 2, lane: 0, start: 10, end: 20 },
    { index: 3, lane: 0, start: 20, end: 32 },
    { index: 4, lane: 1, start: 30, end: 40 },
  ];
  test.each([
    [0, 'next', 1],
    [4, 'next', 4],
    [0, 'previous', 0],
    [0, 'down', 2],
    [2, 'down', 3],
    [3, 'down', 3],
    [4, 'up', 1],
    [1, 'up', 1],
    [3, 'first', 0],
    [0, 'last', 4],
  ] as const)('from %i %s to %i', (from, step, to) => {
    expect(walk(places, from, step)).toBe(to);
  });

  test('columns share the width, and no tile is a sliver', () => {
    expect(lanesFor(304, 8)).toEqual({ lanes: 2, laneWidth: 148 });
    expect(lanesFor(544, 8).lanes).toBe(4);
    expect(lanesFor(40, 8).lanes).toBe(2);
    expect(tileHeight(100, { width: 512, height: 1024 })).toBe(200);
    expect(tileHeight(100, { width: 4096, height: 64 })).toBe(40);
  });
});
