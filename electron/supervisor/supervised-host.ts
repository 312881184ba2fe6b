import { join, resolve } from 'node:path';
import { createEngineHost, type EngineHost, type HostOptions } from '../../nodes/host.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { defaultFolders } from '../folders.ts';
import { packageRoot } from '../package-root.ts';
import { cacheFolder, picturesFolder, userDataFolder } from '../user-folders.ts';
import { forkEngine, type SpawnEngine } from './engine-child.ts';
import { revealFile } from './reveal-file.ts';
import { SupervisedWorker } from './supervised-worker.ts';

export interface SupervisedHostOptions {
  /** How engines are started; by default as Node processes from the built `dist/engine.js`. */
  readonly spawn?: SpawnEngine;
  /** Folder of settings, journal and the user's own pictures. */
  readonly userData?: string;
  /** For what may be deleted at any time; the system's own place by default. */
  readonly cache?: string;
  /** More folders with models, for this session. */
  readonly models?: readonly string[];
  /** Where pictures go in this session, unless the user chooses another folder. */
  readonly output?: string;
  readonly onLog?: HostOptions['onLog'];
  /** Shows a file in its folder, where the host has a better way than a program of the system's. */
  readonly reveal?: HostOptions['reveal'];
  readonly graceMilliseconds?: number;
}

/** The host of a desktop or local web app: its engine runs, and may crash, in a process of its own. */
export function createSupervisedHost(options: SupervisedHostOptions = {}): Promise<EngineHost> {
  const { spawn = forkEngine(builtEngine()), models = [], output, onLog, graceMilliseconds } = options;
  const shipped = defaultFolders();
  return createEngineHost({
    version: packageJson.version,
    folders: {
      userData: options.userData ?? userDataFolder(),
      cache: options.cache ?? cacheFolder(),
      models: [...models.map((folder) => resolve(folder)), ...shipped.models],
      pictures: shipped.pictures,
      templates: join(packageRoot(), 'workflows'),
      output: picturesFolder(),
    },
    ...(output !== undefined && { overrides: { outputFolder: resolve(output) } }),
    ...(onLog && { onLog }),
    reveal: options.reveal ?? revealFile,
    createWorker: (settings, told) =>
      new SupervisedWorker({
        spawn,
        settings,
        ...told,
        ...(graceMilliseconds !== undefined && { graceMilliseconds }),
      }),
  });
}

/** The engine process as `npm run build` leaves it. */
const builtEngine = (): string => join(packageRoot(), 'dist', 'engine.js');
