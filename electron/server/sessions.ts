import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const newToken = (): string => randomBytes(32).toString('base64url');
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

/**
 * Who may use the engine: whoever brings a token gets a cookie, and the cookie opens the engine's
 * socket. Tokens travel in the fragment of a link, which browsers never send, and in the body of one
 * request; no address and no log ever holds one.
 */
export class Sessions {
  /** For the link that is printed; works as often as needed. */
  readonly token = newToken();
  /** For the link handed to the browser, which others on this machine could read: works once. */
  #once: string | undefined = newToken();
  readonly #secret = newToken();
  readonly #cookie: string;

  /** @param port part of the cookie's name: cookies do not tell ports apart */
  constructor(port: number) {
    this.#cookie = `kronode-${port}`;
  }

  get onceToken(): string {
    return this.#once ?? this.token;
  }

  /** The Set-Cookie value for a token, or undefined where it is wrong. */
  redeem(token: string): string | undefined {
    const isOnce = this.#once !== undefined && isSame(token, this.#once);
    if (isOnce) this.#once = undefined;
    if (!isOnce && !isSame(token, this.token)) return undefined;
    return `${this.#cookie}=${this.#secret}; Path=/; HttpOnly; SameSite=Strict`;
  }

  isKnown({ headers: { cookie = '' } }: IncomingMessage): boolean {
    const prefix = `${this.#cookie}=`;
    const values = cookie.split(';').map((part) => part.trim());
    return values.some((part) => part.startsWith(prefix) && isSame(part.slice(prefix.length), this.#secret));
  }
}
