import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../core/errors.ts';
import { type RemoteFile, targetPath } from './listing.ts';
import { PartFile } from './part-file.ts';
import { checkMirror, checkStatus, Interrupted, type RequestPolicy, request } from './request.ts';

export interface FetchPolicy extends RequestPolicy {
  /** Tries in a row that bring nothing before giving up. */
  readonly tries: number;
  /** Milliseconds before the second try; doubled for each one after that. */
  readonly retryAfter: number;
}

/**
 * Downloads one file below `folder`, going on where an earlier download of the same content stopped.
 * Broken connections are taken up again; content that is not what it should be is fetched once more
 * from its beginning. The file appears under its name whole and checked, or not at all.
 *
 * @param onBytes called with the bytes that are there, whenever some came
 * @throws UserError where it cannot be had; the signal's reason when it aborts
 */
export async function fetchFile(
  folder: string,
  file: RemoteFile,
  policy: FetchPolicy,
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (done: number) => void },
): Promise<void> {
  const { bytes, hash, target } = file;
  const part = await PartFile.open(targetPath(folder, file), hash, bytes, signal);
  let isOpen = true;
  try {
    for (let wrong = 0; ; wrong++) {
      onBytes(part.done);
      await fill(part, file, policy, signal, onBytes);
      if (part.isRight()) break;
      await part.restart();
      if (wrong > 0)
        throw new UserError(`${target} from ${policy.mirror} is not the file that was published.`, {
          hint: 'Try another mirror. Nothing of it was kept.',
        });
    }
    isOpen = false;
    await part.finish();
  } finally {
    if (isOpen) await part.close();
  }
}

/** Fetches what is missing, however often the connection breaks. */
async function fill(
  part: PartFile,
  file: RemoteFile,
  policy: FetchPolicy,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<void> {
  const seen: Seen = { etag: undefined };
  for (let failures = 0; part.done < file.bytes; ) {
    const before = part.done;
    try {
      await transfer(part, file, policy, seen, signal, onBytes);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      failures = part.done > before ? 0 : failures + 1;
      if (failures >= policy.tries)
        throw new UserError(`${file.target} cannot be downloaded: ${error.message}.`, {
          hint: 'Check the connection and continue; what has come is kept.',
          cause: error,
        });
      await pause(policy.retryAfter * 2 ** failures, undefined, { signal });
    }
  }
}

/** What the server called the content it sent last; a change of it makes the rest worthless. */
interface Seen {
  etag: string | undefined;
}

async function transfer(
  part: PartFile,
  file: RemoteFile,
  policy: FetchPolicy,
  seen: Seen,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<void> {
  const root = checkMirror(policy.mirror).href.replace(/\/$/, '');
  const headers: Record<string, string> = {
    ...(part.done > 0 && { range: `bytes=${part.done}-` }),
    ...(part.done > 0 && seen.etag !== undefined && { 'if-range': seen.etag }),
  };
  const response = await request(`${root}/${file.path}`, headers, policy, signal);
  if (response.status === 416) {
    await response.body?.cancel();
    await part.restart();
    return;
  }
  checkStatus(response, file.target);
  const etag = response.headers.get('etag') ?? '';
  // Weak ones do not promise the same bytes.
  seen.etag = etag.startsWith('"') ? etag : undefined;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  // A server that knows no ranges sends everything again.
  if (response.status !== 206 || !range) await part.restart();
  else if (Number(range[1]) !== part.done || (range[2] !== '*' && Number(range[2]) !== file.bytes)) {
    await response.body?.cancel();
    await part.restart();
    throw new Interrupted('the server sent another part of the file than was asked for');
  }
  await pour(response, part, file, policy, signal, onBytes);
}

async function pour(
  { body }: Response,
  part: PartFile,
  file: RemoteFile,
  { stallAfter }: FetchPolicy,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<void> {
  if (!body) throw new Interrupted('the server sent nothing');
  const reader = body.getReader();
  let silence: NodeJS.Timeout | undefined;
  let isSilent = false;
  // Cancelling a stream that is broken already fails, which changes nothing.
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  const watch = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      isSilent = true;
      stop();
    }, stallAfter);
  };
  try {
    watch();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (part.done + next.value.length > file.bytes) {
        await part.restart();
        throw new Interrupted('the server sent more than the file holds');
      }
      await part.append(next.value);
      onBytes(part.done);
      watch();
    }
  } catch (error) {
    if (error instanceof Interrupted || error instanceof UserError || isSystemError(error)) throw error;
    throw new Interrupted('the connection broke', { cause: error });
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', stop);
    stop();
  }
  signal.throwIfAborted();
  if (isSilent) throw new Interrupted('the server went silent');
  if (part.done < file.bytes) throw new Interrupted('the connection ended early');
}

/** Of the disk: another try would not help. */
const isSystemError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO'].includes(String(error.code));
