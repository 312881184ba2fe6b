import { defineConfig } from 'vite';

/** Builds the GPU check into files that need nothing but Node and the runtime, so that a folder can carry them. */
export default defineConfig({
  ssr: { noExternal: true, external: ['onnxruntime-node'] },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist/gpu-check',
    rollupOptions: {
      input: { 'gpu-check': 'electron/gpu-check/main.ts', pack: 'electron/gpu-check/pack.ts' },
      // What both programs share keeps its ending in a folder without a package.json.
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].mjs' },
    },
  },
});
