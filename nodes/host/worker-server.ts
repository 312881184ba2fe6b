import { messageOf, UserError } from '../core/errors.ts';
import { serveContract } from '../protocol/server.ts';
import type { Transport } from '../protocol/transport.ts';
import { type CreateServices, LocalWorker } from './local-worker.ts';
import { workerContract } from './worker.ts';

/** Computes for a host in another process, which speaks first (`start`) and one job at a time. */
export function serveWorker(transport: Transport, createServices: CreateServices): void {
  let worker: LocalWorker | undefined;
  const running = new Map<string, AbortController>();
  const started = (): LocalWorker => {
    if (!worker) throw new UserError('The engine was asked before it was started.');
    return worker;
  };
  const onDefect = (error: unknown) => {
    connection.emit('defect', { message: messageOf(error) });
    if (process.env.KRONODE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  };

  const connection = serveContract(
    workerContract,
    transport,
    {
      start: async (settings) => {
        worker = new LocalWorker(createServices, settings, onDefect);
        await worker.ready();
      },
      adjust: (change) => started().adjust(change),
      run: async (request) => {
        const { job } = request;
        const controller = new AbortController();
        running.set(job, controller);
        try {
          return await started().run(request, {
            signal: controller.signal,
            onEvent: (event) => {
              if (event.kind === 'preview')
                connection.emit('preview', { job, node: event.node, jpeg: event.jpeg });
              else connection.emit('told', { job, event });
            },
          });
        } finally {
          running.delete(job);
        }
      },
      cancel: ({ job }) => running.get(job)?.abort(),
      tune: ({ job, values }) => started().tune(job, values),
      preview: (request) => started().preview(request),
      list: async ({ kind }) => [...(await started().list(kind))],
      'list-models': () => started().listModels(),
      'model-path': ({ name }) => started().modelPath(name),
      thumbnail: (source) => started().thumbnail(source),
      status: () => started().status(),
      device: () => started().device(),
      'self-test': () => started().selfTest(),
      weights: () => started().weights(),
      'clear-weights': () => started().clearWeights(),
      'clear-cache': () => started().clearCache(),
    },
    { onDefect },
  );
}
