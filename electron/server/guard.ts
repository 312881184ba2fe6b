import type { IncomingMessage } from 'node:http';

/** Names under which this machine may call itself; anything else is another site's name for us. */
const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** Decides whether a request may come from our own page, given the port we listen on. */
export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor(port: number) {
    const hosts = LOCAL_NAMES.map((name) => `${name}:${port}`);
    this.#hosts = new Set(hosts);
    this.#origins = new Set(hosts.map((host) => `http://${host}`));
  }

  /** False when a foreign name was made to point at this machine (DNS rebinding). */
  isOurHost(request: IncomingMessage): boolean {
    return this.#hosts.has(request.headers.host?.toLowerCase() ?? '');
  }

  /** False when another page sends this, or a program that does not say who it is. */
  isOurOrigin(request: IncomingMessage): boolean {
    return this.#origins.has(request.headers.origin?.toLowerCase() ?? '');
  }
}
