#!/usr/bin/env node
import packageJson from '../../package.json' with { type: 'json' };
import { serveCommand } from '../server/serve-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { nodesCommand } from './nodes-command.ts';
import { runCommand } from './run-command.ts';
import { EXIT, USAGE } from './usage.ts';
import { weightsCommand } from './weights-command.ts';

async function main([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'run':
      return runCommand(args);
    case 'inspect':
      return inspectCommand(args);
    case 'nodes':
      return nodesCommand(args);
    case 'weights':
      return weightsCommand(args);
    case 'serve':
      return serveCommand(args);
    case '--version':
    case 'version':
      process.stdout.write(`${packageJson.version}\n`);
      return EXIT.done;
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(USAGE);
      return command === undefined ? EXIT.usage : EXIT.done;
    default:
      process.stderr.write(`There is no command “${command}”.\n\n${USAGE}`);
      return EXIT.usage;
  }
}

// Set instead of process.exit(): what was written to a pipe must get out first.
process.exitCode = await main(process.argv.slice(2));
