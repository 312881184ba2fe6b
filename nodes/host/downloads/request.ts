import { messageOf, UserError } from '../../core/errors.ts';

/** How requests behave; the delays are milliseconds. */
export interface RequestPolicy {
  /** Where repositories are, such as `https://huggingface.co`. */
  readonly mirror: string;
  /** Silence after which a connection counts as broken. */
  readonly stallAfter: number;
}

const MOST_REDIRECTS = 8;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Checks the address of a mirror: https, or this very machine.
 * @throws UserError
 */
export function checkMirror(mirror: string): URL {
  let url: URL;
  try {
    url = new URL(mirror);
  } catch (error) {
    throw new UserError(`“${mirror}” is no address.`, {
      hint: 'Write it whole, such as https://huggingface.co.',
      cause: error,
    });
  }
  const isLocal = url.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if ((url.protocol !== 'https:' && !isLocal) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new UserError(`The mirror ${mirror} cannot be used: it must be a plain https address.`, {
      hint: 'Downloads are checked against hashes from the mirror, which only https keeps safe on the way.',
    });
  return url;
}

/** Something about the connection that may be gone at the next try. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Asks for an address, following redirects to https and to the mirror only. The answer's headers have
 * to come within the time after which a connection counts as broken.
 *
 * @throws Interrupted where another try may help, UserError where it will not
 */
export async function request(
  address: string,
  headers: Readonly<Record<string, string>>,
  policy: RequestPolicy,
  signal: AbortSignal,
): Promise<Response> {
  const { origin } = checkMirror(policy.mirror);
  let url = new URL(address);
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    if (url.protocol !== 'https:' && url.origin !== origin)
      throw new UserError(`The mirror leads to ${url.origin}, which is not safe.`, {
        hint: 'Use another mirror; downloads go over https only.',
      });
    const response = await ask(url, headers, policy, signal);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    url = new URL(location, url);
  }
  throw new UserError(`${address} leads from one address to the next without end.`, {
    hint: 'Use another mirror.',
  });
}

async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { stallAfter }: RequestPolicy,
  signal: AbortSignal,
): Promise<Response> {
  const silence = AbortSignal.timeout(stallAfter);
  // The body is watched by whoever reads it; this limit is for the answer's beginning.
  const beginning = new AbortController();
  const abort = () => beginning.abort();
  for (const each of [silence, signal]) each.addEventListener('abort', abort, { once: true });
  try {
    return await fetch(url, {
      headers: { 'accept-encoding': 'identity', 'user-agent': 'kronode', ...headers },
      redirect: 'manual',
      signal: beginning.signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    const reason = silence.aborted ? 'it does not answer' : causeOf(error);
    throw new Interrupted(`${url.origin} cannot be reached: ${reason}`, { cause: error });
  } finally {
    silence.removeEventListener('abort', abort);
  }
}

/** fetch hides the system's reason in a cause. */
function causeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return messageOf(cause ?? error);
}

/** @throws UserError or Interrupted for an answer that is not the one asked for */
export function checkStatus({ status, url }: Response, what: string): void {
  if (status < 400) return;
  const { origin } = new URL(url);
  if (status === 429 || status >= 500) throw new Interrupted(`${origin} answered ${status} for ${what}`);
  const hint =
    status === 401 || status === 403
      ? 'The files may need an account there; download them with a browser and register their folder.'
      : 'The files may have been moved; try another mirror, or download them with a browser and register their folder.';
  throw new UserError(`${origin} does not give ${what}: it answered ${status}.`, { hint });
}
