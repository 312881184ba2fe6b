import { createServer } from 'node:http';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';
import { createSupervisedHost, type SupervisedHostOptions } from '../supervisor/supervised-host.ts';
import { acceptSockets } from './engine-socket.ts';
import { Guard } from './guard.ts';
import { listenLocally } from './listen.ts';
import { answerRequests } from './requests.ts';
import { Sessions } from './sessions.ts';
import { StaticFiles } from './static-files.ts';

export interface ServeOptions extends SupervisedHostOptions {
  /** 0 takes any free one; by default the first free one from 7777 on. */
  readonly port?: number;
  /** Folder of the built editor. */
  readonly renderer?: string;
  readonly onDefect: (error: unknown) => void;
}

export interface RunningServer {
  readonly port: number;
  /** The link for people. What it lets in is in its fragment, which browsers keep to themselves. */
  readonly url: string;
  /** The same, good for one browser: for handing over where others may look. */
  readonly urlOnce: string;
  /** Ends the engine and every connection. */
  close(): Promise<void>;
}

/**
 * Serves the editor and its engine to browsers on this machine, and to no other page or machine.
 * @throws UserError when the port is taken or the editor is not built.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { renderer = join(packageRoot(), 'dist', 'renderer'), onDefect } = options;
  const files = await StaticFiles.of(renderer);
  const server = createServer();
  const port = await listenLocally(server, options.port);
  const guard = new Guard(port);
  const sessions = new Sessions(port);
  const starting = createSupervisedHost(options);
  server.on('request', answerRequests({ port, guard, sessions, files, onDefect }));
  const sockets = acceptSockets(server, { guard, sessions }, (transport) => {
    starting.then(
      (host) => host.connect(transport),
      () => transport.close(),
    );
  });
  const closeServer = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await closed;
  };
  const host = await starting.catch(async (error: unknown) => {
    await closeServer();
    throw error;
  });
  const link = (token: string) => `http://127.0.0.1:${port}/#token=${token}`;
  return {
    port,
    url: link(sessions.token),
    urlOnce: link(sessions.onceToken),
    async close() {
      await closeServer();
      await host.dispose();
    },
  };
}
