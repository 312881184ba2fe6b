import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { EXIT, UsageError } from '../cli/usage.ts';
import { openBrowser } from './open-browser.ts';
import { serve } from './serve.ts';

const OPTIONS = {
  port: { type: 'string' },
  'no-open': { type: 'boolean', default: false },
  models: { type: 'string', multiple: true },
  out: { type: 'string' },
} as const;

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { port, out, models, 'no-open': noOpen } = values;
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
      throw new UsageError(`“${port}” is not a port.`, { hint: 'Ports are numbers from 0 to 65535.' });
    return {
      opens: !noOpen,
      options: {
        ...(port !== undefined && { port: Number(port) }),
        ...(out !== undefined && { output: out }),
        ...(models && { models }),
      },
    };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${messageOf(error)}.`, { cause: error });
  }
}

/** Resolves with the first request to end this program. */
const asked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

/** `kronode serve`: until Ctrl+C. Exit code 0, or 2 when it cannot start. */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const ending = asked();
  const complain = (text: string) => process.stderr.write(`${text}\n`);
  try {
    const { options, opens } = parse(args);
    const server = await serve({
      ...options,
      onLog: ({ level, message }) => {
        if (level !== 'info') complain(message);
      },
      onDefect: (error) => complain(`Something went wrong inside Kronode: ${messageOf(error)}`),
    });
    process.stdout.write(`Kronode is ready: ${server.url}\n`);
    if (opens) openBrowser(server.urlOnce);
    await ending;
    await server.close();
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    complain(`${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`);
    return EXIT.usage;
  }
}
