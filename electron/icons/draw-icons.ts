import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';
import { iconFiles } from './icon-files.ts';

/** `npm run icons`: draws every form of the icon from icon.svg. */
const root = packageRoot();
const svg = await readFile(join(root, 'electron', 'icons', 'icon.svg'));
for (const [path, content] of Object.entries(await iconFiles(svg)))
  await writeFile(join(root, path), content);
