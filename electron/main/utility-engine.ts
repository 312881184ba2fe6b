import { constants } from 'node:os';
import { utilityProcess } from 'electron';
import { codeOf } from '../../nodes/host/atomic-file.ts';
import { Inbox } from '../../nodes/protocol/transport.ts';
import {
  childEnvironment,
  type ExitReport,
  LAST_WORDS,
  type SpawnEngine,
} from '../supervisor/engine-child.ts';

/** Starts engines as Electron's utility processes. */
export const utilityEngine =
  (modulePath: string): SpawnEngine =>
  () => {
    const child = utilityProcess.fork(modulePath, [], {
      serviceName: 'Kronode engine',
      stdio: ['ignore', 'ignore', 'pipe'],
      execArgv: [],
      env: childEnvironment(),
    });
    const inbox = new Inbox();
    let lastWords = '';
    let hasEnded = false;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS);
    });
    child.on('error', (_type, location) => {
      lastWords = `${lastWords}\n${location}`.slice(-LAST_WORDS);
    });
    child.on('message', (message) => inbox.deliver(message));
    const kill = () => {
      const { pid } = child;
      // Electron's own kill asks first, which a process that computes does not hear.
      if (pid === undefined) child.kill();
      else endProcess(pid);
    };
    return {
      get pid() {
        return child.pid;
      },
      transport: {
        post(message) {
          if (!hasEnded) child.postMessage(message);
        },
        onMessage: (listener) => inbox.onMessage(listener),
        onClose: (listener) => inbox.onClose(listener),
        close: kill,
      },
      onExit(listener) {
        child.on('exit', (code) => {
          hasEnded = true;
          listener({ ...howItEnded(code), lastWords });
          inbox.close();
        });
      },
      kill,
    };
  };

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself meanwhile.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

const { SIGKILL, SIGSEGV, SIGABRT, SIGILL, SIGBUS, SIGTRAP, SIGFPE } = constants.signals;
const SIGNALS = new Map(
  Object.entries({ SIGKILL, SIGSEGV, SIGABRT, SIGILL, SIGBUS, SIGTRAP, SIGFPE }).map(([name, number]) => [
    number,
    name,
  ]),
);

/** Electron reports a crash as waitpid does, a signal as its bare number, and an exit code as it is. */
function howItEnded(code: number): Omit<ExitReport, 'lastWords'> {
  if (process.platform === 'win32') return { code, signal: null };
  const signal = SIGNALS.get(code & 0x7f);
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}
