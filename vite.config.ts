import { defineConfig } from 'vite';

/** Builds everything that runs in plain Node: the command line and the benchmark. */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist',
    sourcemap: true,
    rollupOptions: {
      input: {
        kronode: 'electron/cli/kronode.ts',
        engine: 'electron/engine-process/main.ts',
        bench: 'test/bench/bench.ts',
      },
      output: { entryFileNames: '[name].js' },
    },
  },
});
