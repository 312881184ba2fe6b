import { fork } from 'node:child_process';
import { Inbox, type Transport } from '../../nodes/protocol/transport.ts';

/** How a process ended. */
export interface ExitReport {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it wrote to its error output. */
  readonly lastWords: string;
}

/** A started engine process. Its line closes after the exit was reported. */
export interface EngineChild {
  readonly pid: number | undefined;
  readonly transport: Transport;
  /** Called once, when all it sent has arrived. */
  onExit(listener: (report: ExitReport) => void): void;
  /** Ends it without asking. */
  kill(): void;
}

export type SpawnEngine = () => EngineChild;

/** Characters kept of what an engine wrote to its error output. */
export const LAST_WORDS = 4000;

/** Variables that change what a Node or Electron process is, and are meant for ours only. */
const PRIVATE_VARIABLES = ['NODE_OPTIONS', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'];

/**
 * For the C library of Linux: memory of weights that were widened for one layer goes back to the system at
 * once, in place of growing the heap (8 in place of 13 % of the size of four bf16 blocks). Others ignore it.
 * It has to be there when a process starts, so `kronode run`, which computes in its own, does without: that
 * costs 0.15 GB however large the model is, less than it is worth to run two processes for one.
 */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: String(2 ** 20), MALLOC_TRIM_THRESHOLD_: String(2 ** 20) };

/** What an engine inherits of our environment. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...ALLOCATOR, ...process.env };
  for (const name of PRIVATE_VARIABLES) delete env[name];
  return env;
}

/** Starts engines as plain Node processes. */
export const forkEngine =
  (modulePath: string): SpawnEngine =>
  () => {
    const child = fork(modulePath, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: childEnvironment(),
    });
    const inbox = new Inbox();
    let lastWords = '';
    let failure: Error | undefined;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS);
    });
    child.on('message', (message) => inbox.deliver(message));
    child.on('error', (error) => {
      failure = error;
    });
    return {
      pid: child.pid,
      transport: {
        post(message) {
          // A process that ended meanwhile is reported by its exit.
          if (child.connected) child.send(message as object, () => undefined);
        },
        onMessage: (listener) => inbox.onMessage(listener),
        onClose: (listener) => inbox.onClose(listener),
        close: () => child.kill('SIGKILL'),
      },
      onExit(listener) {
        child.on('close', (code, signal) => {
          listener({ code, signal, lastWords: failure?.message ?? lastWords });
          inbox.close();
        });
      },
      kill: () => child.kill('SIGKILL'),
    };
  };
