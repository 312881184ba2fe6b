import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // onnxruntime owns its threads and one native handle per process: forks keep suites apart.
    pool: 'forks',
    globalSetup: 'test/support/app-folder.ts',
    // By default one core is left to Vitest itself, which hardly needs it: on two that halves the pace.
    maxWorkers: '100%',
    testTimeout: 60_000,
    // A browser on a busy machine answers late; a wrong answer is still wrong then.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 120_000,
    // Two cores carry a browser, an engine and a second suite: what is wrong is wrong each time.
    retry: 2,
  },
});
