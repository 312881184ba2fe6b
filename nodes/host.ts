import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { declarationOf } from './core/catalogue.ts';
import { UserError } from './core/errors.ts';
import { DEFAULT_NAME_PATTERN } from './core/output-name.ts';
import { checkSettings } from './host/check-settings.ts';
import { Downloads } from './host/downloads/downloads.ts';
import { EngineLog } from './host/engine-log.ts';
import { addInputPicture } from './host/input-pictures.ts';
import { inspectFolder } from './host/inspect-folder.ts';
import { type Emit, JobBoard } from './host/job-board.ts';
import { Journal } from './host/journal.ts';
import { openJsonFile } from './host/json-file.ts';
import { KeptQueue } from './host/kept-queue.ts';
import { openContent } from './host/open-content.ts';
import { PictureStore } from './host/picture-store.ts';
import { readTemplates } from './host/templates.ts';
import type { EngineWorker, WorkerSettings } from './host/worker.ts';
import { library } from './library/index.ts';
import {
  type EngineSettings,
  type EngineState,
  type LogEntry,
  PROTOCOL_VERSION,
  zSettings,
} from './protocol/contract.ts';
import { type EngineConnection, type EngineHandlers, serveEngine } from './protocol/engine.ts';
import type { Transport } from './protocol/transport.ts';

/** Where the host of one user keeps and finds things; absolute paths. */
export interface HostFolders {
  /** Settings, journal and pictures the user brought. */
  readonly userData: string;
  /** For what may be deleted at any time. */
  readonly cache: string;
  /** Models beside those of the settings: what ships with Kronode. */
  readonly models: readonly string[];
  /** Pictures beside the user's own that workflows may load. */
  readonly pictures: readonly string[];
  readonly templates: string;
  /** Where pictures go until the user chooses. */
  readonly output: string;
}

export interface HostOptions {
  /** Version of Kronode. */
  readonly version: string;
  readonly folders: HostFolders;
  /** Settings of this session only, until the user changes them. */
  readonly overrides?: Partial<EngineSettings>;
  readonly createWorker: (
    settings: WorkerSettings,
    told: {
      readonly onState: (state: EngineState) => void;
      readonly onLog: (level: 'warning' | 'error', message: string) => void;
      readonly onDefect: (error: unknown) => void;
    },
  ) => EngineWorker;
  readonly onLog?: (entry: LogEntry) => void;
  /** Shows a file in the system's file manager, where there is one. */
  readonly reveal?: (path: string) => void;
}

export interface EngineHost {
  /** Serves one more client until its line closes. */
  connect(transport: Transport): void;
  /** Where a saved picture lies, for hosts that can show it in its folder. */
  picturePath(id: string): string | undefined;
  /** Closes every line and ends the worker. */
  dispose(): Promise<void>;
}

/**
 * Everything clients can ask for: settings, catalogue, documents, queue, pictures and journal, with
 * the computing left to a worker. What is here survives the worker.
 */
export async function createEngineHost(options: HostOptions): Promise<EngineHost> {
  const { version, folders, createWorker, onLog = () => undefined, reveal = cannotReveal } = options;
  const connections = new Set<EngineConnection>();
  const emit: Emit = (name, payload) => {
    for (const connection of connections) connection.emit(name, payload);
  };
  const log = new EngineLog((entry) => {
    onLog(entry);
    emit('engine/log', entry);
  });

  const file = await openJsonFile(join(folders.userData, 'settings.json'), settingsSchema(folders), log.warn);
  let overrides = options.overrides ?? {};
  const settings = (): EngineSettings => ({ ...file.value, ...overrides });
  const inputFolder = join(folders.userData, 'input');
  const ownModels = join(folders.userData, 'models');
  const workerSettings = (): WorkerSettings => {
    const { modelFolders, outputFolder, ...rest } = settings();
    return {
      ...rest,
      modelFolders: [...modelFolders, ownModels, ...folders.models],
      newModelFolder: modelFolders[0] ?? ownModels,
      pictureFolders: [inputFolder, outputFolder, ...folders.pictures],
      outputFolder,
      cacheFolder: folders.cache,
    };
  };

  let state: EngineState = { state: 'starting' };
  const worker = createWorker(workerSettings(), {
    onState: (next) => {
      state = next;
      emit('engine/state', next);
    },
    onLog: (level, message) => (level === 'error' ? log.error(message) : log.warn(message)),
    onDefect: (error) => log.defect(error, 'the engine'),
  });
  const pictures = new PictureStore((source) => worker.thumbnail(source));
  const kept = new KeptQueue(join(folders.userData, 'queue'), log.warn);
  const jobs = new JobBoard(
    { worker, pictures, emit, kept, onInfo: log.info, onDefect: log.defect },
    `job-${randomBytes(3).toString('hex')}`,
  );
  jobs.restore(await kept.load());
  const journal = new Journal(join(folders.userData, 'journal'), log.warn);

  const downloads = await Downloads.open({
    stateFolder: join(folders.userData, 'downloads'),
    modelFolder: () => settings().modelFolders[0] ?? ownModels,
    onChange: (state) => emit('downloads/changed', state),
    onProblem: log.warn,
    onDefect: (error) => log.defect(error, 'a download'),
  });

  const handlers: EngineHandlers = {
    'engine/info': async () => ({ version, protocol: PROTOCOL_VERSION, ...(await worker.status()) }),
    'engine/settings': settings,
    'engine/configure': async (change) => {
      await checkSettings(change, settings().modelFolders);
      const rest = Object.entries(overrides).filter(([name]) => !Object.hasOwn(change, name));
      overrides = Object.fromEntries(rest);
      await file.save({ ...file.value, ...withoutUndefined(change) });
      await worker.configure(workerSettings());
      return settings();
    },
    'engine/clear-cache': () => worker.clearCache(),
    'engine/device': () => worker.device(),
    'engine/self-test': () => worker.selfTest(),
    'engine/weights': () => worker.weights(),
    'engine/clear-weights': () => worker.clearWeights(),
    'engine/state': () => state,
    'engine/recent-log': () => [...log.entries],
    'nodes/describe': () => [...library.values()].map(declarationOf),
    'files/list': async ({ kind }) => [...(await worker.list(kind))],
    'models/list': () => worker.listModels(),
    'models/reveal': async ({ name }) => {
      reveal(await worker.modelPath(name));
    },
    'downloads/status': () => downloads.status(),
    'downloads/configure': (change) => downloads.configure(change),
    'downloads/plan': ({ id }) => downloads.plan(id),
    'downloads/start': ({ id, missingBytes }) => downloads.start(id, missingBytes),
    'downloads/stop': ({ id, discard }) => downloads.stop(id, discard),
    'folders/inspect': ({ path }) => inspectFolder(path),
    'files/add-image': ({ name, bytes }) => addInputPicture(inputFolder, name, bytes),
    'files/thumbnail': ({ kind, name }) => {
      if (kind !== 'image') throw new UserError(`There is no picture of ${name}.`);
      return worker.thumbnail({ kind: 'input', name });
    },
    'document/open': async ({ content }) => {
      const { document, problems } = await openContent(content);
      return { document, problems: [...problems] };
    },
    'document/templates': () => readTemplates(folders.templates, log.warn),
    'run/start': ({ document, ...how }) => ({ job: jobs.start(document, how) }),
    'run/tune': ({ job, values }) => jobs.tune(job, values),
    'run/cancel': ({ job, force }) => jobs.cancel(job, force),
    'run/preview': ({ document, targets }) => worker.preview({ document, ...(targets && { targets }) }),
    'queue/list': () => jobs.list(),
    'queue/move': ({ job, position }) => jobs.move(job, position),
    'queue/clear': () => jobs.clearFinished(),
    'queue/clear-waiting': () => jobs.clearWaiting(),
    'queue/continue': () => jobs.release(),
    'queue/document': ({ job }) => jobs.document(job),
    'pictures/list': () => pictures.list(settings().outputFolder),
    'pictures/bytes': ({ id, size }) => pictures.bytes(id, size),
    'pictures/document': async ({ id }) => {
      const known = pictures.documentOf(id);
      if (known) return { document: known, problems: [] };
      const { document, problems } = await openContent(await pictures.bytes(id, 'full'));
      return { document, problems: [...problems] };
    },
    'pictures/reveal': ({ id }) => {
      const path = pictures.pathOf(id);
      if (path === undefined) throw new UserError('This picture was only shown and never saved.');
      reveal(path);
    },
    'pictures/delete': async ({ ids }) => {
      await pictures.delete(ids);
      emit('pictures/deleted', { ids });
    },
    'journal/write': (entry) => journal.write(entry),
    'journal/list': () => journal.list(),
    'journal/remove': ({ id }) => journal.remove(id),
  };

  return {
    connect(transport) {
      const connection = serveEngine(transport, handlers, {
        onDefect: log.defect,
        onReady: () => connection.emit('engine/state', state),
      });
      connections.add(connection);
      transport.onClose(() => connections.delete(connection));
    },
    picturePath: (id) => pictures.pathOf(id),
    async dispose() {
      for (const connection of connections) connection.close();
      await kept.close();
      await downloads.dispose();
      await worker.dispose();
    },
  };
}

const DEFAULT_CACHE_BYTES = 2 ** 30;

const settingsSchema = ({ output }: HostFolders) =>
  z.object({
    provider: zSettings.shape.provider.default('auto'),
    partProviders: zSettings.shape.partProviders.default({}),
    cacheBytes: zSettings.shape.cacheBytes.default(DEFAULT_CACHE_BYTES),
    networkBytes: zSettings.shape.networkBytes.default(0),
    modelFolders: zSettings.shape.modelFolders.default([]),
    outputFolder: zSettings.shape.outputFolder.default(output),
    namePattern: zSettings.shape.namePattern.default(DEFAULT_NAME_PATTERN),
  });

function cannotReveal(): never {
  throw new UserError('Files cannot be shown in a file manager here.');
}

const withoutUndefined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as never;
