import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_NAME_PATTERN } from '../../core/output-name.ts';
import type { PartProviders, ProviderChoice } from '../../core/providers.ts';
import type { Services } from '../../execution/services.ts';
import { keepHashesIn } from '../checkpoints/file-hash.ts';
import { ModelRegistry } from '../checkpoints/registry.ts';
import { runtimeCounters } from '../ort/counters.ts';
import { type ChosenProvider, choosePartProviders, chooseProvider } from '../ort/providers.ts';
import { keepCoresForSessions } from '../ort/quiet-collector.ts';
import { type ConvertedWeights, WeightCache } from '../precision/weight-cache.ts';
import { AdapterLibrary } from './adapter-library.ts';
import { createAdapterService } from './adapter-service.ts';
import { createAutoencoderService } from './autoencoder-service.ts';
import { type DeviceReport, reportDevice } from './device.ts';
import { createDiffusionService } from './diffusion-service.ts';
import { LatentPreviews } from './latent-previews.ts';
import { type ModelCard, ModelCards } from './model-cards.ts';
import { type ForecastRequest, forecastMemory, type MemoryPlan } from './model-places.ts';
import { createModelService } from './model-service.ts';
import { NetworkPool, type ResidentNetwork } from './network-pool.ts';
import { PartLibrary } from './part-library.ts';
import { PictureFolders } from './picture-folders.ts';
import { createPictureService } from './picture-service.ts';
import { Placement } from './placement.ts';
import { prepareIn } from './prepared-weights.ts';
import { runSelfTest, type SelfTestReport } from './self-test.ts';
import { createTextService } from './text-service.ts';

export interface ServiceSettings {
  /** Folders whose models a workflow may name; absolute or relative to the working directory. */
  readonly modelFolders: readonly string[];
  /** Where models that a workflow makes go, one of `modelFolders`; the first of them where nothing is said. */
  readonly newModelFolder?: string | undefined;
  /** Folders whose pictures a workflow may read. */
  readonly pictureFolders: readonly string[];
  /** The one folder a workflow may write pictures below. */
  readonly outputFolder: string;
  /** How their files are called, see core/output-name.ts; asked for with every picture. */
  readonly namePattern?: () => string;
  readonly provider: ProviderChoice;
  /** For parts that are to run elsewhere than the rest. */
  readonly partProviders?: PartProviders | undefined;
  /** Folder for what may be deleted at any time, such as hashes of large files. */
  readonly cacheFolder?: string;
  /** Memory that networks may take together; by default a share of the machine's. */
  readonly networkBytes?: number;
}

export interface EngineServices extends Services {
  readonly provider: ChosenProvider;
  /** What the runtime did so far, and what is in memory now. */
  status(): {
    readonly counters: Readonly<Record<string, number>>;
    readonly residents: readonly ResidentNetwork[];
  };
  /** What can be chosen among the models, with what each needs. */
  modelCards(): Promise<readonly ModelCard[]>;
  /** Absolute path of a registered file. */
  modelPath(name: string): Promise<string>;
  /**
   * What a job will need, told from headers.
   * @throws UserError where a file cannot be opened
   */
  forecast(job: ForecastRequest): Promise<MemoryPlan>;
  device(): Promise<DeviceReport>;
  /** One transformer block on the provider against the CPU. Not while a job runs. */
  selfTest(): Promise<SelfTestReport>;
  convertedWeights(): Promise<ConvertedWeights>;
  /** Not while a job runs: networks in memory are dropped first, for they may read what is deleted. */
  clearConvertedWeights(): Promise<void>;
  dispose(): Promise<void>;
}

/** @throws UserError when the chosen provider cannot be used */
export async function createServices(settings: ServiceSettings): Promise<EngineServices> {
  keepCoresForSessions();
  if (settings.cacheFolder !== undefined) keepHashesIn(join(resolve(settings.cacheFolder), 'hashes.json'));
  const provider = await chooseProvider(settings.provider);
  const roots = settings.modelFolders.map((folder) => resolve(folder));
  const registry = new ModelRegistry(roots);
  const parts = new PartLibrary(registry, roots);
  const cards = new ModelCards(registry, parts);
  const placement = new Placement(
    provider.name,
    settings.networkBytes,
    await choosePartProviders(settings.partProviders),
  );
  const pool = new NetworkPool(await placement.budgetBytes());
  const weightCache = new WeightCache(join(resolve(settings.cacheFolder ?? tmpdir()), 'weights'));
  const prepared = prepareIn(weightCache);
  const adapters = new AdapterLibrary(registry);
  const pictureFolders = new PictureFolders(settings.pictureFolders);
  const autoencoder = createAutoencoderService(parts, pool, placement);
  const previews = new LatentPreviews(autoencoder);
  return {
    provider,
    models: createModelService(registry, parts, cards, pictureFolders, previews, adapters, placement),
    adapters: createAdapterService(parts, adapters, registry, settings.newModelFolder ?? roots[0]),
    text: createTextService(parts, pool, placement, prepared),
    diffusion: createDiffusionService(parts, pool, placement, previews, adapters, prepared),
    autoencoder,
    pictures: createPictureService(
      pictureFolders,
      resolve(settings.outputFolder),
      settings.namePattern ?? (() => DEFAULT_NAME_PATTERN),
    ),
    modelCards: () => cards.list(),
    modelPath: (name) => registry.pathOf(name),
    forecast: async ({ model, textEncoder, vae, precision, picture }) => {
      const set = {
        transformer: (await parts.open('transformer', { name: model })).opened,
        textEncoder: (await parts.open('text-encoder', { name: textEncoder || model })).opened,
        vae: (await parts.open('vae', { name: vae || model })).opened,
      };
      return forecastMemory(placement, set, precision, picture);
    },
    device: () => reportDevice(provider, pool, parts),
    selfTest: () => runSelfTest(provider.name),
    convertedWeights: () => weightCache.state(),
    clearConvertedWeights: async () => {
      await pool.dispose();
      await weightCache.clear();
    },
    status: () => ({ counters: { ...runtimeCounters }, residents: pool.residents }),
    dispose: () => pool.dispose(),
  };
}
