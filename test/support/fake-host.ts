import { join } from 'node:path';
import { type CreateServices, LocalWorker } from '../../nodes/host/local-worker.ts';
import { createEngineHost, type HostOptions } from '../../nodes/host.ts';
import type { EventName, EventPayload } from '../../nodes/protocol/contract.ts';
import { connectEngine, type EngineClient } from '../../nodes/protocol/engine.ts';
import { memoryTransports } from '../../nodes/protocol/memory-transport.ts';
import { createFakeServices } from './fake-services.ts';

/** Folders of a host that keeps everything below `root`. */
export const hostFolders = (root: string): HostOptions['folders'] => ({
  userData: join(root, 'user'),
  cache: join(root, 'cache'),
  models: [],
  pictures: [],
  templates: join(import.meta.dirname, '..', '..', 'workflows'),
  output: join(root, 'pictures'),
});

/** A host that computes in this process, with services that answer at once. */
export const createFakeHost = (
  root: string,
  options: Partial<HostOptions> & {
    readonly stepMilliseconds?: number;
    readonly services?: CreateServices;
  } = {},
) => {
  const { stepMilliseconds = 1, services = createFakeServices({ stepMilliseconds }), ...rest } = options;
  return createEngineHost({
    version: '0.0.0-test',
    folders: hostFolders(root),
    createWorker: (settings, { onDefect }) => new LocalWorker(services, settings, onDefect),
    ...rest,
  });
};

/** One more client of a host in this process. */
export function connectTo(host: { connect: Awaited<ReturnType<typeof createEngineHost>>['connect'] }) {
  const [client, server] = memoryTransports();
  host.connect(server);
  return connectEngine(client, (fault) => {
    throw new Error(fault);
  });
}

/** The next event of a name for which `matches` holds. */
export const nextEvent = <N extends EventName>(
  client: Pick<EngineClient, 'on'>,
  name: N,
  matches: (payload: EventPayload<N>) => boolean = () => true,
): Promise<EventPayload<N>> =>
  new Promise((resolve) => {
    const off = client.on(name, (payload) => {
      if (!matches(payload)) return;
      off();
      resolve(payload);
    });
  });

/** Every event a client hears from now on, as `name` and payload. */
export function recordEvents(client: Pick<EngineClient, 'on'>, names: readonly EventName[]) {
  const heard: { readonly name: EventName; readonly payload: unknown }[] = [];
  for (const name of names) client.on(name, (payload) => heard.push({ name, payload }));
  return heard;
}
