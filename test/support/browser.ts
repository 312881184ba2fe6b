import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = places.find((place) => place !== undefined && existsSync(place));

if (executablePath === undefined) {
  const why =
    'Browser suites are skipped: no Chromium was found. On Debian: apt-get install chromium; elsewhere set CHROMIUM to its path.';
  if (process.env.KRONODE_REQUIRE_ALL_SUITES) throw new Error(why);
  process.stderr.write(`${why}\n`);
}

export const hasBrowser = executablePath !== undefined;

export const launchBrowser = () =>
  chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] });
