import { serveCommand } from '../../electron/server/serve-command.ts';

process.exitCode = await serveCommand(process.argv.slice(2));
