import { readFile } from 'node:fs/promises';
import { protocol } from 'electron';
import { securityHeaders } from '../server/security-headers.ts';
import { StaticFiles } from '../server/static-files.ts';

const SCHEME = 'app';
const HOST = 'kronode';
/** Of our page, and of nothing else. */
export const APP_ORIGIN = `${SCHEME}://${HOST}`;
export const APP_PAGE = `${APP_ORIGIN}/index.html`;

/** Gives our scheme the rights of https. Works once, before the app is ready. */
export const declareAppScheme = (): void =>
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);

/**
 * Serves the built editor at {@link APP_PAGE}, to GET only. The files are those that were there at the
 * start: no address can lead out of the folder.
 * @throws UserError when the editor is not built.
 */
export async function serveApp(folder: string): Promise<void> {
  const files = await StaticFiles.of(folder);
  const headers = securityHeaders();
  const nothing = (status: number) => new Response(null, { status, headers });
  protocol.handle(SCHEME, async ({ url, method }) => {
    if (method !== 'GET') return nothing(405);
    const address = addressIn(url);
    const found = address === undefined ? undefined : files.find(address);
    if (!found) return nothing(404);
    return new Response(await readFile(found.path), { headers: { ...headers, ...found.headers } });
  });
}

function addressIn(url: string): string | undefined {
  try {
    const { host, pathname } = new URL(url);
    return host === HOST ? decodeURIComponent(pathname) : undefined;
  } catch {
    // What cannot be decoded names no file.
    return undefined;
  }
}
