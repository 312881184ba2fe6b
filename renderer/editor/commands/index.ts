import { desktopBridge } from '../../desktop/bridge.ts';
import { tell } from '../../engine-client/run-session.ts';
import { takeTyped } from '../../ui/take-typed.ts';
import { arrangeCommands } from './arrange-commands.ts';
import { canvasCommands } from './canvas-commands.ts';
import type { Command, CommandId } from './command.ts';
import { desktopCommands } from './desktop-commands.ts';
import { editCommands } from './edit-commands.ts';
import { fileCommands } from './file-commands.ts';
import { liveCommands } from './live-commands.ts';
import { nodeCommands } from './node-commands.ts';
import { pictureCommands } from './picture-commands.ts';
import { queueCommands } from './queue-commands.ts';
import { runCommands } from './run-commands.ts';
import { subgraphCommands } from './subgraph-commands.ts';
import { viewCommands } from './view-commands.ts';

export type { Command, CommandId } from './command.ts';

/** Everything a person can do, by group. */
export const commands: readonly Command[] = [
  ...runCommands,
  ...queueCommands,
  ...liveCommands,
  ...fileCommands,
  ...editCommands,
  ...nodeCommands,
  ...subgraphCommands,
  ...arrangeCommands,
  ...canvasCommands,
  ...pictureCommands,
  ...viewCommands,
  ...(desktopBridge() ? desktopCommands : []),
];

const byId = new Map<CommandId, Command>(commands.map((command) => [command.id, command]));

/** @throws Error when the table lacks it: a defect. */
export function command(id: CommandId): Command {
  const found = byId.get(id);
  if (!found) throw new Error(`There is no command ${id}.`);
  return found;
}

export const canRun = ({ when }: Command): boolean => when?.() ?? true;

/** Does it, when it can be done now; what goes wrong is shown. */
export function runCommand(id: CommandId): void {
  takeTyped();
  const found = command(id);
  if (!canRun(found)) return;
  void (async () => found.run())().catch(tell);
}
