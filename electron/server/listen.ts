import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../../nodes/core/errors.ts';
import { codeOf } from '../../nodes/host/atomic-file.ts';

const DEFAULT_PORT = 7777;
/** Ports tried after the default one. */
const ATTEMPTS = 20;

/**
 * Listens on 127.0.0.1, at `port` or at the first free one from 7777 on.
 * @returns the port; 0 asks the system for any
 * @throws UserError when the port is taken.
 */
export async function listenLocally(server: Server, port: number | undefined): Promise<number> {
  const ports = port === undefined ? Array.from({ length: ATTEMPTS }, (_, i) => DEFAULT_PORT + i) : [port];
  for (const candidate of ports) {
    if (await tryPort(server, candidate)) return (server.address() as AddressInfo).port;
  }
  throw new UserError(
    port === undefined
      ? `The ports ${DEFAULT_PORT} to ${DEFAULT_PORT + ATTEMPTS - 1} are all taken.`
      : `Port ${port} is taken or may not be used.`,
    { hint: 'Choose another one with --port, or --port 0 for any.' },
  );
}

function tryPort(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') resolve(false);
      else reject(error);
    };
    server.once('error', onError);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', onError);
      resolve(true);
    });
  });
}
