import { describe, expect, test } from 'vitest';
import { parseUntrustedJson } from '../../../nodes/document/json.ts';

describe('texts that are no workflow', () => {
  test.each([
    ['a film', 'ftypisom\u0000\u0001moov'],
    ['nothing', ''],
    ['a text', 'a red apple'],
    ['a web page', '<!doctype html>'],
  ])('%s is told apart from a damaged one', (_, text) => {
    expect(() => parseUntrustedJson(text)).toThrow('This is no workflow file.');
  });

  test('damaged JSON is told with the line, as far as the parser tells it', () => {
    expect(() => parseUntrustedJson('{\n  "a": 1\n  "b": 2\n}')).toThrow(
      'This is not valid JSON: line 3 cannot be read.',
    );
    expect(() => parseUntrustedJson('{ "a": [')).toThrow(/^This is not valid JSON[.:]/);
  });

  test('a mark of byte order and spaces before it do no harm', () => {
    expect(parseUntrustedJson('\uFEFF{ "a": 1 }')).toEqual({ a: 1 });
    expect(parseUntrustedJson('\n\t[1]')).toEqual([1]);
  });
});
