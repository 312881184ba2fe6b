import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { KnownModel, ModelSource } from './known-models.ts';
import { checkMirror, checkStatus, type RequestPolicy, request } from './request.ts';

/** What a file's content has to hash to. `git` is SHA-1 over `blob <size>\0` and the content. */
export interface ExpectedHash {
  readonly kind: 'sha256' | 'git';
  /** Lower-case hex. */
  readonly value: string;
}

/** A file that can be downloaded. */
export interface RemoteFile {
  /** Below the folder of models, with forward slashes. */
  readonly target: string;
  /** Path from the mirror's root on. */
  readonly path: string;
  readonly bytes: number;
  readonly hash: ExpectedHash;
}

export const zRemoteFile = z.object({
  target: z.string(),
  path: z.string(),
  bytes: z.number().int().min(0),
  hash: z.object({ kind: z.enum(['sha256', 'git']), value: z.string().regex(/^[0-9a-f]{40,64}$/) }),
});

/** An entry of Hugging Face's tree listing; large files have their SHA-256 in `lfs`. */
const zEntry = z.object({
  type: z.string(),
  path: z.string().max(1024),
  size: z.number().int().min(0).default(0),
  oid: z.string().default(''),
  lfs: z.object({ oid: z.string(), size: z.number().int().min(0) }).nullish(),
});

const MOST_LISTING_BYTES = 16 * 1024 * 1024;
const MOST_FILES = 2000;

/**
 * Asks a mirror which files make up a model, with sizes and hashes.
 * @throws UserError where the mirror lacks it, or answers something else than a listing
 */
export async function listModel(
  model: KnownModel,
  policy: RequestPolicy,
  signal: AbortSignal,
): Promise<readonly RemoteFile[]> {
  const files: RemoteFile[] = [];
  for (const source of model.sources) files.push(...(await listSource(source, policy, signal)));
  return files;
}

async function listSource(
  source: ModelSource,
  policy: RequestPolicy,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const { repository, revision, paths, target } = source;
  const root = checkMirror(policy.mirror).href.replace(/\/$/, '');
  const response = await request(
    `${root}/api/models/${repository}/tree/${revision}?recursive=true`,
    { accept: 'application/json' },
    policy,
    signal,
  );
  checkStatus(response, `the list of files of ${repository}`);
  const entries = parseListing(await textOf(response, repository), repository);
  const wanted = entries.filter(
    ({ type, path }) =>
      type === 'file' && paths.some((each) => (each.endsWith('/') ? path.startsWith(each) : path === each)),
  );
  const missing = paths.filter(
    (each) => !wanted.some(({ path }) => path === each || (each.endsWith('/') && path.startsWith(each))),
  );
  if (missing.length > 0)
    throw new UserError(`${repository} has no ${missing.join(', ')} on ${policy.mirror}.`, {
      hint: 'Try another mirror, or download the model with a browser and register its folder.',
    });
  return wanted.map(({ path, size, oid, lfs }): RemoteFile => {
    checkPath(path, repository);
    const hash: ExpectedHash = lfs
      ? { kind: 'sha256', value: lfs.oid.toLowerCase() }
      : { kind: 'git', value: oid.toLowerCase() };
    if (!(hash.kind === 'sha256' ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(hash.value))
      throw new UserError(`${policy.mirror} gives no hash for ${path} of ${repository}.`, {
        hint: 'Use another mirror: what cannot be checked is not downloaded.',
      });
    return {
      target: target(path),
      path: `${repository}/resolve/${revision}/${path.split('/').map(encodeURIComponent).join('/')}`,
      bytes: lfs?.size ?? size,
      hash,
    };
  });
}

/** Names come from elsewhere: none may lead out of the folder they are put into. */
function checkPath(path: string, repository: string): void {
  const parts = path.split('/');
  const isPlain = parts.every((part) => /^[\w][\w .+()-]*$/.test(part) && !part.endsWith('.'));
  if (!isPlain)
    throw new UserError(`${repository} holds a file with the unusual name ${JSON.stringify(path)}.`, {
      hint: 'Use another mirror.',
    });
}

async function textOf(response: Response, repository: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MOST_LISTING_BYTES) throw notAListing(repository);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parseListing(text: string, repository: string): z.infer<typeof zEntry>[] {
  try {
    return z.array(zEntry).max(MOST_FILES).parse(JSON.parse(text));
  } catch (error) {
    throw notAListing(repository, error);
  }
}

const notAListing = (repository: string, cause?: unknown): UserError =>
  new UserError(`The mirror’s list of files of ${repository} cannot be read.`, {
    hint: 'Check the address of the mirror.',
    cause,
  });

/** Absolute path of a file below the folder of models. */
export const targetPath = (folder: string, { target }: RemoteFile): string =>
  join(folder, ...target.split('/'));
