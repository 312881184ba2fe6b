import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../electron/package-root.ts';
import { openDocument } from '../../nodes/document/open.ts';
import { Engine } from '../../nodes/engine.ts';
import type { RunEvent } from '../../nodes/execution/events.ts';
import { forecastMemory } from '../../nodes/host/memory-forecast.ts';
import { createServices } from '../../nodes/inference/services/index.ts';
import { library } from '../../nodes/library/index.ts';
import { tempFolder } from '../support/temp-folder.ts';

const TEMPLATE = join(packageRoot(), 'workflows', 'text-to-image.kronode.json');

async function inInt4() {
  const { document } = openDocument(await readFile(TEMPLATE, 'utf8'), library);
  const nodes = Object.fromEntries(
    Object.entries(document.nodes).map(([id, node]) => [
      id,
      node.type === 'models.load' ? { ...node, inputs: { ...node.inputs, precision: 'int4' } } : node,
    ]),
  );
  return { ...document, nodes };
}

const start = async (folder: string, networkBytes?: number) =>
  createServices({
    modelFolders: [join(packageRoot(), 'nodes', 'models')],
    pictureFolders: [],
    outputFolder: join(folder, 'out'),
    cacheFolder: join(folder, 'cache'),
    provider: 'cpu',
    ...(networkBytes !== undefined && { networkBytes }),
  });

test('a model in int4 is converted once, with progress, and again only when that was deleted', async () => {
  const folder = await tempFolder();
  const document = await inInt4();
  const run = async () => {
    const services = await start(folder);
    const events: RunEvent[] = [];
    const { notices, artifacts } = await new Engine(services).run(document, {
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
    });
    await services.dispose();
    const converted = events.filter((event) => event.kind === 'progress' && event.unit === 'layer').length;
    return { converted, notices: notices.map(({ message }) => message), artifacts };
  };
  const first = await run();
  expect(first.converted).toBeGreaterThan(0);
  expect(first.artifacts).not.toHaveLength(0);
  expect(first.notices.join('\n')).toMatch(/Transformer in int4, .* in memory: chosen\./);
  const cache = join(folder, 'cache', 'weights');
  expect((await readdir(cache)).every((name) => name.endsWith('.safetensors'))).toBe(true);
  expect((await run()).converted).toBe(0);
  await rm(cache, { recursive: true });
  expect((await run()).converted).toBe(first.converted);
});

test('what a run needs is told before it starts, and what would fit where it does not', async () => {
  const services = await start(await tempFolder(), 1000);
  const engine = new Engine(services);
  const { document } = openDocument(await readFile(TEMPLATE, 'utf8'), library);
  const plan = engine.plan(document);
  const runs = new Set(plan.nodes.keys());
  const { problems, notices } = await forecastMemory(plan, runs, (request) => services.forecast(request));
  expect(problems).toMatchObject([{ severity: 'warning', message: expect.stringMatching(/^Needs .* GB/) }]);
  const [{ message, hint } = { message: '' }] = problems;
  expect(notices.map((notice) => notice.message)).toEqual([message, hint]);
  const large = await forecastMemory(plan, runs, async (request) => ({
    ...(await services.forecast(request)),
    fits: true,
    needBytes: 7.4e9,
    message: 'Needs 7.4 GB of 8.0 GB.',
  }));
  expect(large).toMatchObject({ problems: [], notices: [{ message: 'Needs 7.4 GB of 8.0 GB.' }] });
  expect((await forecastMemory(plan, new Set(), (request) => services.forecast(request))).problems).toEqual(
    [],
  );
  await services.dispose();
});
