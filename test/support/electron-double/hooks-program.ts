import { register } from 'node:module';

/** Loaded before the app: from here on `electron` means its double, which lies beside this file. */
const double = new URL('electron.js', import.meta.url).href;
register(
  `data:text/javascript,${encodeURIComponent(
    `export const resolve = (name, context, next) =>
      name === 'electron' ? { url: ${JSON.stringify(double)}, shortCircuit: true } : next(name, context);`,
  )}`,
);
