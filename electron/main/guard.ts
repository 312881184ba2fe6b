import { app, type Session } from 'electron';
import { APP_ORIGIN } from './app-scheme.ts';

const isOurs = (url: string): boolean => url === APP_ORIGIN || url.startsWith(`${APP_ORIGIN}/`);

/**
 * Keeps every page where it is: no other page, no new window, no webview, no frame.
 * @param onLink hears where a page wanted to lead
 */
export function guardPages(onLink: (url: string) => void): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => {
      if (isOurs(event.url) && event.isMainFrame) return;
      event.preventDefault();
      if (event.isMainFrame) onLink(event.url);
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      onLink(url);
      return { action: 'deny' };
    });
  });
}

/** What a page may do without being asked; everything else is refused. */
const ALLOWED = 'clipboard-sanitized-write';

/** Refuses every permission but writing to the clipboard, which our own page may. */
export function guardPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide, { requestingUrl }) =>
    decide(permission === ALLOWED && isOurs(requestingUrl)),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === ALLOWED && isOurs(origin),
  );
  session.setDevicePermissionHandler(() => false);
}
