import { expect, test } from 'vitest';
import { planRun } from '../../../nodes/graph/plan.ts';
import { forecastMemory } from '../../../nodes/host/memory-forecast.ts';
import type { ForecastRequest, MemoryPlan } from '../../../nodes/inference/services/model-places.ts';
import { library } from '../../../nodes/library/index.ts';
import { buildDocument } from '../../support/build-document.ts';

test('each sampling is told for the size it has, after a resize for that one', async () => {
  const document = buildDocument(
    {
      load: { type: 'models.load', inputs: { model: 'z' } },
      empty: { type: 'latents.empty', inputs: { width: 512, height: 256, batch: 3 } },
      first: { type: 'sampling.sample' },
      larger: { type: 'latents.resize', inputs: { width: 2048, height: 1024 } },
      second: { type: 'sampling.sample' },
    },
    [
      'load.model > first.model',
      'empty.latent > first.latent',
      'first.latent > larger.latent',
      'load.model > second.model',
      'larger.latent > second.latent',
    ],
  );
  const plan = planRun(document, library, ['second']);
  const asked = new Map<string, ForecastRequest['picture']>();
  const planOf = async ({ picture }: ForecastRequest): Promise<MemoryPlan> => {
    asked.set(`${picture.width}`, picture);
    const fits = picture.width < 1000;
    return {
      message: `${picture.width}×${picture.height}`,
      hint: fits ? undefined : 'Make it smaller.',
      fits,
      needBytes: 2e9,
      keeps: 'all',
      tileBytes: 0,
      readsFromDisk: false,
    };
  };
  const { notices, problems } = await forecastMemory(plan, new Set(plan.nodes.keys()), planOf);
  expect(asked.get('512')).toMatchObject({ width: 512, height: 256, batch: 3 });
  expect(asked.get('2048')).toMatchObject({ width: 2048, height: 1024, batch: 3 });
  expect(new Set(notices)).toEqual(
    new Set([
      { node: 'first', message: '512×256' },
      { node: 'second', message: '2048×1024' },
      { node: 'second', message: 'Make it smaller.' },
    ]),
  );
  expect(problems).toEqual([
    { severity: 'warning', node: 'second', message: '2048×1024', hint: 'Make it smaller.' },
  ]);
});
