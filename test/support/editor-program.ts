import { join } from 'node:path';
import { serve } from '../../electron/server/serve.ts';
import { forkEngine } from '../../electron/supervisor/engine-child.ts';

/** Serves a built editor with a real engine until its parent goes away; prints the link. */
const [renderer = '', engine = '', userData = '', output = ''] = process.argv.slice(2);
const server = await serve({
  port: 0,
  renderer,
  spawn: forkEngine(engine),
  userData,
  // Not the one of whoever runs the tests: they clear it.
  cache: join(userData, 'cache'),
  output,
  onDefect: (error) => process.stderr.write(`${String(error)}\n`),
});
process.stdout.write(`${server.url}\n`);
process.stdin.resume().once('end', () => void server.close());
