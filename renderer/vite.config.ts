import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds the web page that is the whole editor: shown by Electron and by `kronode serve` alike. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome120',
    sourcemap: true,
    // elkjs is one 1.4 MB file, loaded only when nodes are arranged.
    chunkSizeWarningLimit: 1600,
  },
});
