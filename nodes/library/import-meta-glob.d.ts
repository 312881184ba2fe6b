/** Vite's way to import every file of a folder; resolved when the program is built. */
interface ImportMeta {
  glob<T>(pattern: string, options: { eager: true; import: 'default' }): Record<string, T>;
}
