import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { outputName } from '../../core/output-name.ts';
import type { AdapterUse, ModelRecipe } from '../../core/values.ts';
import type { AdapterReport } from '../../execution/adapter-report.ts';
import type { AdapterService } from '../../execution/services.ts';
import { bake } from '../adapters/bake.ts';
import { blocksOf, layerSizes } from '../adapters/blocks.ts';
import { inspectAdapter } from '../adapters/inspect-adapter.ts';
import type { ModelRegistry } from '../checkpoints/registry.ts';
import { fileError, isMissing } from '../checkpoints/wording.ts';
import type { AdapterLibrary } from './adapter-library.ts';
import type { PartLibrary } from './part-library.ts';

/** Reports that are kept; each is a few kilobytes per adapter. */
const MAX_REPORTS = 64;

/**
 * Looks into adapters and merges them.
 * @param bakeFolder where baked models go; one of the registered folders
 */
export function createAdapterService(
  parts: PartLibrary,
  library: AdapterLibrary,
  registry: ModelRegistry,
  bakeFolder: string | undefined,
): AdapterService {
  /** By contents: measuring reads every adapted weight, and a strength that moves must not wait for that. */
  const reports = new Map<string, AdapterReport>();
  return {
    async blocks({ part }) {
      const { opened } = await parts.recall('transformer', part);
      return blocksOf(layerSizes(opened.weights).keys());
    },

    async inspect(model, name, run) {
      if (!model) return inspectAdapter(await library.read(name, run.signal), run);
      const { opened, key } = await parts.recall('transformer', model.part);
      const file = await library.reference(name);
      const reportKey = `${key} + ${name} ${file.sha256}`;
      const known = reports.get(reportKey);
      if (known) return known;
      const { adapter } = await library.open(file, opened, run.signal);
      const report = await inspectAdapter(adapter, { ...run, weights: opened.weights });
      if (reports.size >= MAX_REPORTS) reports.clear();
      reports.set(reportKey, report);
      return report;
    },

    async bake(model, name, run) {
      if (bakeFolder === undefined)
        throw new UserError('There is no folder for new models.', { hint: 'Register a model folder first.' });
      checkBakeable(model);
      const { opened } = await parts.recall('transformer', model.part);
      if (opened.ready)
        throw new UserError(
          `${model.part.file.name} is an exported ONNX model; nothing can be baked into it.`,
          {
            hint: 'Use the safetensors version of this model.',
          },
        );
      const { folders, start } = outputName('{name}', { name, title: '', seed: '', at: new Date() });
      const relative = [...folders, `${start}.safetensors`].join('/');
      const to = join(bakeFolder, relative);
      if (await exists(to))
        throw new UserError(`There is already a model called ${relative}.`, {
          hint: 'Choose another name, or delete that file first.',
        });
      const adapters = [];
      for (const use of model.adapters) {
        const { adapter } = await library.open(use.file, opened, run.signal);
        adapters.push({ adapter, strength: bakedStrength(use), ...(use.blocks && { blocks: use.blocks }) });
      }
      try {
        await mkdir(dirname(to), { recursive: true });
      } catch (error) {
        throw fileError(error, dirname(to), 'write');
      }
      const recipe = JSON.stringify({ model: model.part.file, adapters: model.adapters });
      await bake({ model: opened, adapters, to, recipe, ...run });
      return { name: (await registry.nameOf(to)) ?? relative, bytes: (await stat(to)).size };
    },
  };
}

function checkBakeable({ adapters, later = [] }: ModelRecipe): void {
  if (later.length > 0)
    throw new UserError('A model that changes during the run cannot be baked into one file.', {
      hint: 'Bake each of its models on its own.',
    });
  if (adapters.every((use) => use.strength === 0))
    throw new UserError('There is nothing to bake: no adapter with a strength is laid over this model.', {
      hint: 'Put an Apply adapter before the node.',
    });
}

/** The one strength of a use. */
function bakedStrength({ file, strength, curve = [] }: AdapterUse): number {
  const factors = new Set(curve.map(([, y]) => y));
  const strengths = typeof strength === 'number' ? [strength] : [...new Set(strength)];
  const [only = 0, another] = strengths;
  const [factor = 1, otherFactor] = [...factors];
  if (another === undefined && otherFactor === undefined) return only * factor;
  throw new UserError(
    `The strength of ${file.name} changes from step to step; weights have one for all steps.`,
    {
      hint: 'Take its curve away before baking, or keep the adapter live.',
    },
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw fileError(error, path, 'write');
  }
}
