import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, dialog } from 'electron';
import { messageOf } from '../../nodes/core/errors.ts';
import { userDataFolder } from '../user-folders.ts';
import { declareAppScheme } from './app-scheme.ts';
import { Desktop } from './desktop.ts';
import { filesIn } from './file-arguments.ts';
import { wordsOf } from './words.ts';

declareAppScheme();
app.enableSandbox();
// Settings and journal are shared with `kronode serve`; what Chromium keeps lies apart.
const browserData = join(userDataFolder(), 'browser');
mkdirSync(browserData, { recursive: true });
app.setPath('userData', userDataFolder());
app.setPath('sessionData', browserData);

if (app.requestSingleInstanceLock()) run();
else app.quit();

function run(): void {
  const starting = app.whenReady().then(() => Desktop.start());
  starting.catch((error: unknown) => {
    dialog.showErrorBox(wordsOf('en').cannotStart, messageOf(error));
    app.exit(1);
  });
  /** A start that failed was told of already. */
  const withDesktop = (act: (desktop: Desktop) => void) => void starting.then(act, () => undefined);
  const open = (paths: readonly string[]) => withDesktop((desktop) => desktop.openFiles(paths));

  open(filesIn(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd()));
  // A Mac says which files to open; elsewhere they are arguments, of this program or of a second start.
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open([path]);
  });
  app.on('second-instance', (_event, args, folder) => open(filesIn(args.slice(1), folder)));
  app.on('activate', () => withDesktop((desktop) => desktop.show()));
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('before-quit', () => withDesktop((desktop) => desktop.quitting()));
  let isDisposed = false;
  app.on('will-quit', (event) => {
    if (isDisposed) return;
    event.preventDefault();
    void starting
      .then((desktop) => desktop.dispose())
      .catch((error: unknown) => console.error(messageOf(error)))
      .finally(() => {
        isDisposed = true;
        app.quit();
      });
  });
}
