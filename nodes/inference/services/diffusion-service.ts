import { UserError } from '../../core/errors.ts';
import { type Tensor, tensor } from '../../core/tensor.ts';
import type { Conditioning, Latent, PartReference } from '../../core/values.ts';
import type { DiffusionService, SampleRequest } from '../../execution/services.ts';
import { valueCount } from '../adapters/adapter.ts';
import type { AdapterStrength } from '../adapters/blocks.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import { readySettings } from '../foreign/settings.ts';
import { ForeignTransformer } from '../foreign/transformer.ts';
import { resizeLatent } from '../images/latent-resize.ts';
import type { TransformerNetwork } from '../networks.ts';
import { listOperators } from '../ort/node-placement.ts';
import { type RoutedNetwork, routeModel } from '../sampling/model-route.ts';
import { drawNoise } from '../sampling/noise.ts';
import { buildPlan, runPlan } from '../sampling/plan.ts';
import { computeSigmas } from '../sampling/schedules.ts';
import { type PreparedCaption, ZImageTransformer } from '../zimage/transformer.ts';
import type { AdapterLibrary } from './adapter-library.ts';
import { type LaidAdapter, placesFor } from './adapter-places.ts';
import type { LatentPreviews } from './latent-previews.ts';
import type { NetworkPool } from './network-pool.ts';
import type { PartLibrary } from './part-library.ts';
import { PassBatch } from './pass-batch.ts';
import type { Placement } from './placement.ts';
import type { PrepareWeights } from './prepared-weights.ts';
import { StepTiming } from './step-timing.ts';

/**
 * Runs work with a network that may have to be made first, and the size of pictures up to which it takes
 * those of different strengths together, see `PassBatch`.
 */
type UseNetwork = <T>(work: (network: TransformerNetwork, mixedPixels: number) => Promise<T>) => Promise<T>;

/** Schedules and samples; transformers are kept while there is room. */
export function createDiffusionService(
  parts: PartLibrary,
  pool: NetworkPool,
  placement: Placement,
  previews: LatentPreviews,
  adapterLibrary: AdapterLibrary,
  prepared: PrepareWeights,
): DiffusionService {
  /** Captions a transformer has refined: they depend on the prompt alone, not on step or seed. */
  const refined = new WeakMap<Conditioning, WeakMap<TransformerNetwork, Promise<PreparedCaption[]>>>();
  const prepare = (
    network: TransformerNetwork,
    conditioning: Conditioning,
    strengths: readonly AdapterStrength[],
  ): Promise<PreparedCaption[]> => {
    const known = refined.get(conditioning) ?? new WeakMap<TransformerNetwork, Promise<PreparedCaption[]>>();
    refined.set(conditioning, known);
    const captions = known.get(network) ?? prepareAll(network, conditioning, strengths);
    known.set(network, captions);
    captions.catch(() => known.delete(network));
    return captions;
  };

  /** Runs that sample now. */
  let runs = 0;
  /** Passes that several runs ask of a network at once. */
  const batches = new WeakMap<TransformerNetwork, PassBatch>();
  const batchOf = (network: TransformerNetwork, mixedPixels: number): PassBatch => {
    const known = batches.get(network) ?? new PassBatch(network, mixedPixels, () => runs);
    batches.set(network, known);
    return known;
  };

  /**
   * A network and its adapters: those in its slots come with a run, others are part of it. How strong they
   * are is fed at every step.
   */
  const open = async (
    { part, adapters }: RoutedNetwork,
    { positive, latent }: SampleRequest,
    { signal, onConversion, onNotice }: Parameters<DiffusionService['sample']>[1],
  ): Promise<UseNetwork> => {
    const { opened, key } = await parts.recall('transformer', part);
    checkFit(part.file.name, opened.config, positive, latent);
    const laid: LaidAdapter[] = [];
    for (const adapter of adapters)
      laid.push({ file: adapter, live: await adapterLibrary.open(adapter, opened, signal) });
    const live = laid.map((adapter) => adapter.live);
    const onFallback = (operators: ReadonlyMap<string, number>) =>
      onNotice?.(
        `Part of the model runs on the CPU, which the GPU waits for at every step: ${listOperators(operators)}.`,
      );
    const { ready } = opened;
    if (ready) {
      const { weightBytes } = ready.model;
      const settings = { ...readySettings(placement.providerOf('transformer'), weightBytes), onFallback };
      const createReady = async () => new ForeignTransformer(ready, settings, live);
      return (work) => pool.use(keyOf(key, laid), weightBytes, createReady, (network) => work(network, 0));
    }
    const { precision, file } = part;
    const place = await placement.of(opened.weights, opened.config, { part: 'transformer', precision });
    const weights = () => prepared(opened, file.sha256, place, { signal, onProgress: onConversion });
    const { builtIn, slotCounts } = placesFor(laid, place.settings);
    const keyWith = (slots: number) => keyOf(`${key} ${place.precision} ${slots} slots`, builtIn);
    // One with slots to spare does as well, so that nothing is built when an adapter is taken away.
    const slots = slotCounts.find((count) => pool.has(keyWith(count))) ?? slotCounts[0] ?? 0;
    const create = async () =>
      new ZImageTransformer(await weights(), opened.config, {
        ...place.settings,
        adapters: builtIn.map((adapter) => adapter.live),
        slots,
        onFallback,
      });
    const isRoomy = 2 * place.bytes <= pool.budgetBytes;
    const mostPixels = place.settings.provider === 'cpu' ? MIXED_PIXELS_ON_CPU : Number.POSITIVE_INFINITY;
    const mixedPixels = isRoomy ? mostPixels : 0;
    return (work) =>
      pool.use(keyWith(slots), place.bytes + factorBytes(builtIn), create, async (network) =>
        work(await network.adaptedBy(live), mixedPixels),
      );
  };

  /** How long passes took beside what arithmetic allows; for models whose graph is ours. */
  const timingOf = async (
    part: PartReference,
    timing: StepTiming,
    dims: readonly number[],
    { captions }: Conditioning,
  ): Promise<string | undefined> => {
    const { opened } = await parts.recall('transformer', part);
    if (opened.ready) return undefined;
    const place = await placement.of(opened.weights, opened.config, {
      part: 'transformer',
      precision: part.precision,
    });
    const tokens = Math.max(...captions.map(({ features }) => features.dims[0] ?? 0));
    return timing.summary(opened.config, dims, tokens, placement, place);
  };

  return {
    schedule: computeSigmas,
    drawNoise,
    resizeLatent,

    async sample(request, run) {
      const { signal, onStep } = run;
      const { model, positive, negative, latent, noise, guidance } = request;
      const { dims } = latent.samples;
      const { networks, steps } = routeModel(model, request.sigmas.length - 1);
      const plan = buildPlan({
        sampler: request.sampler,
        sigmas: request.sigmas,
        seed: noise.seeds[0] ?? 0n,
        guidance,
        guidanceTruncation: request.guidanceTruncation,
        shift: model.shift,
        route: steps,
      });
      // Networks that fit the memory together stay there; where they do not, each makes room for the next.
      const places: UseNetwork[] = [];
      for (const network of networks) places.push(await open(network, request, run));
      const preview = previews.for(model.part.file.sha256);
      const timing = new StepTiming();
      let last = performance.now();
      runs++;
      const data = await runPlan(plan, {
        dims,
        noise: drawNoise(noise, dims).data,
        latent: latent.samples.data,
        guidanceNormalization: request.guidanceNormalization,
        signal,
        velocity: (x, sigma, step, branch) => {
          const use = places[step.model];
          if (!use) throw new Error(`The run has no network ${step.model}.`);
          return use(async (network, mixedPixels) => {
            const conditioning = branch === 'negative' && negative ? negative : positive;
            const captions = await prepare(network, conditioning, step.adapterStrengths);
            const pass = { latents: tensor(dims, x), sigma, captions, strengths: step.adapterStrengths };
            return timing.measure(() => batchOf(network, mixedPixels).velocity(pass));
          });
        },
        onStep: async ({ index, denoised }) => {
          const milliseconds = performance.now() - last;
          const snapshot: Tensor = { dims, data: denoised };
          let drawing: Promise<Uint8Array> | undefined;
          onStep({
            done: index + 1,
            total: plan.steps.length,
            milliseconds,
            preview:
              preview &&
              (() => {
                drawing = preview(snapshot);
                return drawing;
              }),
          });
          // The next step blocks this thread: without a moment now, its picture would come a step late.
          if (drawing) await settledWithin(drawing, milliseconds * PREVIEW_SHARE);
          last = performance.now();
        },
      }).finally(() => {
        runs--;
      });
      const summary = await timingOf(model.part, timing, dims, positive);
      if (summary !== undefined) run.onNotice?.(summary);
      return { samples: tensor(dims, data), channels: latent.channels };
    },
  };
}

/** Of adapters that are built in, in the type they are computed in or a wider one. */
const factorBytes = (builtIn: readonly LaidAdapter[]): number =>
  builtIn.reduce((sum, { live }) => sum + valueCount(live.adapter) * Float32Array.BYTES_PER_ELEMENT, 0);

/** Name of a network with adapters built in. */
const keyOf = (base: string, builtIn: readonly LaidAdapter[]): string =>
  [base, ...builtIn.map(({ file }) => file.sha256)].join(' + ');

/**
 * Five strengths in one batch take 0.75 of the time of five passes for pictures of 64 and 128 px on two
 * cores, where what a run costs at any size counts; from 256 px on products fill the cores either way, and
 * a batch would take its memory for nothing.
 */
const MIXED_PIXELS_ON_CPU = 24 * 24;

/** Of the time of a step that its preview may take before the next one begins. */
const PREVIEW_SHARE = 0.25;

/** Waits for work to end, well or badly, but not for long. */
async function settledWithin(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([settled, enough]);
  clearTimeout(timer);
}

/** Models of one run need not be of one family. */
function checkFit(
  name: string,
  { captionDim, inChannels }: ZImageConfig,
  { captions }: Conditioning,
  { channels }: Latent,
): void {
  const features = captions[0]?.features.dims[1] ?? captionDim;
  if (features === captionDim && channels === inChannels) return;
  throw new UserError(
    `The model ${name} takes ${captionDim} features per token and ${inChannels} latent channels; it was given ${features} and ${channels}.`,
    {
      hint: 'Use the text encoder and the latent that belong to the model, and models of one family in one run.',
    },
  );
}

async function prepareAll(
  network: TransformerNetwork,
  { captions }: Conditioning,
  strengths: readonly AdapterStrength[],
): Promise<PreparedCaption[]> {
  const prepared: PreparedCaption[] = [];
  for (const { features } of captions) prepared.push(await network.prepareCaption(features, strengths));
  return prepared;
}
