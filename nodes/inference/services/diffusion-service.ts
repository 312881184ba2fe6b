import { type Tensor, tensor } from '../../core/tensor.ts';
import type { Conditioning } from '../../core/values.ts';
import type { DiffusionService } from '../../execution/services.ts';
import type { LiveAdapter } from '../adapters/live-adapter.ts';
import { resizeLatent } from '../images/latent-resize.ts';
import { drawNoise } from '../sampling/noise.ts';
import { buildPlan, runPlan } from '../sampling/plan.ts';
import { computeSigmas } from '../sampling/schedules.ts';
import { type PreparedCaption, ZImageTransformer } from '../zimage/transformer.ts';
import type { AdapterLibrary } from './adapter-library.ts';
import type { LatentPreviews } from './latent-previews.ts';
import type { NetworkPool } from './network-pool.ts';
import type { PartLibrary } from './part-library.ts';
import type { Placement } from './placement.ts';

/** Schedules and samples; transformers are kept while there is room. */
export function createDiffusionService(
  parts: PartLibrary,
  pool: NetworkPool,
  placement: Placement,
  previews: LatentPreviews,
  adapterLibrary: AdapterLibrary,
): DiffusionService {
  /** Captions a transformer has refined: they depend on the prompt alone, not on step or seed. */
  const refined = new WeakMap<Conditioning, WeakMap<ZImageTransformer, Promise<PreparedCaption[]>>>();
  const prepare = (network: ZImageTransformer, conditioning: Conditioning): Promise<PreparedCaption[]> => {
    const known = refined.get(conditioning) ?? new WeakMap<ZImageTransformer, Promise<PreparedCaption[]>>();
    refined.set(conditioning, known);
    const captions = known.get(network) ?? prepareAll(network, conditioning);
    known.set(network, captions);
    captions.catch(() => known.delete(network));
    return captions;
  };

  return {
    schedule: computeSigmas,
    drawNoise,
    resizeLatent,

    async sample(request, { signal, onStep }) {
      const { model, positive, negative, latent, noise, guidance } = request;
      const { opened, key } = await parts.recall('transformer', model.part);
      const place = await placement.of(opened.weights, opened.config);
      const adapters: LiveAdapter[] = [];
      for (const { file } of model.adapters) adapters.push(await adapterLibrary.open(file, opened, signal));
      // Which adapters there are is part of the network; how strong they are is fed at every step.
      const networkKey = [key, ...model.adapters.map(({ file }) => file.sha256)].join(' + ');
      const create = async () =>
        new ZImageTransformer(opened.weights, opened.config, { ...place.settings, adapters });
      return pool.use(networkKey, place.bytes, create, async (network) => {
        const captions = await prepare(network, positive);
        const { dims } = latent.samples;
        const preview = previews.for(model.part.file.sha256);
        let last = performance.now();
        const plan = buildPlan({
          sampler: request.sampler,
          sigmas: request.sigmas,
          seed: noise.seeds[0] ?? 0n,
          guidance,
          guidanceTruncation: request.guidanceTruncation,
          shift: model.shift,
          strengths: model.adapters.map(({ strength }) => strength),
        });
        const data = await runPlan(plan, {
          dims,
          noise: drawNoise(noise, dims).data,
          latent: latent.samples.data,
          guidanceNormalization: request.guidanceNormalization,
          signal,
          velocity: async (x, sigma, { adapterStrengths }, branch) => {
            const chosen = branch === 'negative' && negative ? await prepare(network, negative) : captions;
            const strengths = adapterStrengths.map((strength) => ({ strength }));
            return (await network.velocity(tensor(dims, x), sigma, chosen, strengths)).data;
          },
          onStep: ({ index, denoised }) => {
            const now = performance.now();
            const snapshot: Tensor = { dims, data: denoised };
            onStep({
              done: index + 1,
              total: plan.steps.length,
              milliseconds: now - last,
              preview: preview && (() => preview(snapshot)),
            });
            last = now;
          },
        });
        return { samples: tensor(dims, data), channels: latent.channels };
      });
    },
  };
}

async function prepareAll(
  network: ZImageTransformer,
  { captions }: Conditioning,
): Promise<PreparedCaption[]> {
  const prepared: PreparedCaption[] = [];
  for (const { features } of captions) prepared.push(await network.prepareCaption(features));
  return prepared;
}
