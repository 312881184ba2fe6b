import { join, resolve } from 'node:path';
import type { ProviderChoice } from '../../core/providers.ts';
import type { Services } from '../../execution/services.ts';
import { keepHashesIn } from '../checkpoints/file-hash.ts';
import { ModelRegistry } from '../checkpoints/registry.ts';
import { runtimeCounters } from '../ort/counters.ts';
import { type ChosenProvider, chooseProvider } from '../ort/providers.ts';
import { AdapterLibrary } from './adapter-library.ts';
import { createAutoencoderService } from './autoencoder-service.ts';
import { createDiffusionService } from './diffusion-service.ts';
import { LatentPreviews } from './latent-previews.ts';
import { createModelService } from './model-service.ts';
import { defaultBudget, NetworkPool } from './network-pool.ts';
import { PartLibrary } from './part-library.ts';
import { PictureFolders } from './picture-folders.ts';
import { createPictureService } from './picture-service.ts';
import { Placement } from './placement.ts';
import { createTextService } from './text-service.ts';

export interface ServiceSettings {
  /** Folders whose models a workflow may name; absolute or relative to the working directory. */
  readonly modelFolders: readonly string[];
  /** Folders whose pictures a workflow may read. */
  readonly pictureFolders: readonly string[];
  /** The one folder a workflow may write pictures below. */
  readonly outputFolder: string;
  readonly provider: ProviderChoice;
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
    readonly residents: readonly { readonly key: string; readonly bytes: number }[];
  };
  dispose(): Promise<void>;
}

/** @throws UserError when the chosen provider cannot be used */
export async function createServices(settings: ServiceSettings): Promise<EngineServices> {
  if (settings.cacheFolder !== undefined) keepHashesIn(join(resolve(settings.cacheFolder), 'hashes.json'));
  const provider = await chooseProvider(settings.provider);
  const roots = settings.modelFolders.map((folder) => resolve(folder));
  const registry = new ModelRegistry(roots);
  const parts = new PartLibrary(registry, roots);
  const pool = new NetworkPool(settings.networkBytes ?? defaultBudget());
  const adapters = new AdapterLibrary(registry);
  const placement = new Placement(provider.name);
  const pictureFolders = new PictureFolders(settings.pictureFolders);
  const autoencoder = createAutoencoderService(parts, pool, placement);
  const previews = new LatentPreviews(autoencoder);
  return {
    provider,
    models: createModelService(registry, parts, pictureFolders, previews, adapters),
    text: createTextService(parts, pool, placement),
    diffusion: createDiffusionService(parts, pool, placement, previews, adapters),
    autoencoder,
    pictures: createPictureService(pictureFolders, resolve(settings.outputFolder)),
    status: () => ({ counters: { ...runtimeCounters }, residents: pool.residents }),
    dispose: () => pool.dispose(),
  };
}
