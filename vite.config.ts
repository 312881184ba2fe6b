import { defineConfig } from 'vite';

/** Builds everything that runs in Node: command line, engine, benchmark and Electron's main process. */
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
        main: 'electron/main/main.ts',
        start: 'electron/start.ts',
        icons: 'electron/icons/draw-icons.ts',
        bench: 'test/bench/bench.ts',
      },
      output: { entryFileNames: '[name].js' },
    },
  },
});
