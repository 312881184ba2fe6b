import { describe, expect, it } from 'vitest';
import { exitReason } from '../../../electron/supervisor/exit-reason.ts';

describe('exitReason', () => {
  it.each([
    [{ code: null, signal: 'SIGKILL' }, /memory/],
    [{ code: null, signal: 'SIGSEGV' }, /^it crashed \(SIGSEGV\)$/],
    [{ code: null, signal: 'SIGTERM' }, /^it was ended \(SIGTERM\)$/],
    [{ code: 134, signal: null }, /code 134/],
  ])('tells %j in words', (report, words) => {
    expect(exitReason({ ...report, lastWords: '' })).toMatch(words);
  });
});
