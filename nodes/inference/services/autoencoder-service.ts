import { totalmem } from 'node:os';
import { UserError } from '../../core/errors.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { VaeRecipe } from '../../core/values.ts';
import type { AutoencoderService, TileSettings, TilingReport } from '../../execution/services.ts';
import { AutoencoderKL } from '../autoencoder-kl/autoencoder-kl.ts';
import { fromModelSpace, toModelSpace } from '../autoencoder-kl/latent-scaling.ts';
import { fromImage, toImage } from '../autoencoder-kl/pixel-range.ts';
import type { TilePlan } from '../autoencoder-kl/tiling/plan.ts';
import { foreignAutoencoderGraphs } from '../foreign/autoencoder.ts';
import { readySettings } from '../foreign/settings.ts';
import { cropImage } from '../images/crop.ts';
import { sizeOf } from '../images/picture-size.ts';
import { TorchCpuGenerator } from '../sampling/torch-random.ts';
import type { NetworkPool } from './network-pool.ts';
import type { PartLibrary } from './part-library.ts';
import type { Placement } from './placement.ts';

/**
 * Memory one tile may take, of what the machine has, where no plan says more. Not of what happens to be free: the same
 * workflow must be cut up the same way every time.
 */
const TILE_SHARE = 0.25;
/** Patches of two latent pixels of eight pixels each. */
const MULTIPLE = 16;

/** Decodes and encodes, whole or in tiles. */
export function createAutoencoderService(
  parts: PartLibrary,
  pool: NetworkPool,
  placement: Placement,
): AutoencoderService {
  const use = async <T>(recipe: VaeRecipe, work: (network: AutoencoderKL) => Promise<T>): Promise<T> => {
    const { opened, key } = await parts.recall('vae', recipe.part);
    const { ready } = opened;
    if (ready) {
      const weightBytes = ready.decoder.model.weightBytes + (ready.encoder?.model.weightBytes ?? 0);
      const settings = readySettings(placement.providerOf('vae'), weightBytes);
      const graphs = foreignAutoencoderGraphs(ready);
      // Its attention is part of the graph; what tiles cost is reckoned with the dearer form.
      const attention = { kind: 'primitive', chunks: 1 } as const;
      const createReady = async () => new AutoencoderKL(graphs, opened.config, { ...settings, attention });
      return pool.use(key, placement.takenBytes('vae', weightBytes), createReady, work);
    }
    const place = await placement.of(
      opened.weights,
      { heads: 1, headDim: opened.config.blockOutChannels.at(-1) ?? 0 },
      { part: 'vae', precision: recipe.part.precision },
    );
    const create = async () => new AutoencoderKL(opened.weights, opened.config, place.settings);
    return pool.use(`${key} ${place.precision}`, placement.takenBytes('vae', place.bytes), create, work);
  };
  /** @param size sides in latent pixels */
  const planFor = (
    network: AutoencoderKL,
    size: { readonly height: number; readonly width: number },
    { mode, tileSize, overlap }: TileSettings,
    tileBytes = totalmem() * TILE_SHARE,
  ): TilePlan =>
    network.plan({
      ...size,
      mode,
      tile: Math.floor(tileSize / network.scale),
      overlap: Math.floor(overlap / network.scale),
      budgetBytes: tileBytes,
    });
  const reportOf = ({ tiles, extraWork }: TilePlan): TilingReport => ({ tiles, extraWork });

  return {
    async decode(recipe, { samples, channels }, tiling, run) {
      if (channels !== recipe.latentChannels)
        throw new UserError(
          `The latent has ${channels} channels, this autoencoder takes ${recipe.latentChannels}.`,
          {
            hint: 'Connect the autoencoder of the model that made the latent.',
          },
        );
      return use(recipe, async (network) => {
        const [, , height = 0, width = 0] = samples.dims;
        const plan = planFor(network, { height, width }, tiling, recipe.tileBytes);
        const decoded = await network.decode(fromModelSpace(samples, recipe), plan, run);
        return { image: toImage(decoded), report: reportOf(plan) };
      });
    },

    async encode(recipe, image, tiling, run) {
      const { width, height } = sizeOf(image);
      const size = { width: width - (width % MULTIPLE), height: height - (height % MULTIPLE) };
      if (size.width === 0 || size.height === 0)
        throw new UserError(
          `A picture of ${width}×${height} is too small; ${MULTIPLE}×${MULTIPLE} is the least.`,
        );
      const x = Math.floor((width - size.width) / 2);
      const y = Math.floor((height - size.height) / 2);
      const fitting = cropImage(image, { x, y, ...size });
      return use(recipe, async (network) => {
        const inLatent = { height: size.height / network.scale, width: size.width / network.scale };
        const plan = planFor(network, inLatent, tiling, recipe.tileBytes);
        const posterior = await network.encode(fromImage(fitting), plan, run);
        const latent = run.sampleSeed === undefined ? posterior.mean : drawFrom(posterior, run.sampleSeed);
        return {
          latent: { samples: toModelSpace(latent, recipe), channels: recipe.latentChannels },
          report: reportOf(plan),
        };
      });
    },
  };
}

/** mean + exp(logvar / 2) · noise, the noise being PyTorch's for this seed. */
function drawFrom(
  { mean, logvar }: { readonly mean: Tensor; readonly logvar: Tensor },
  seed: bigint,
): Tensor {
  const noise = new TorchCpuGenerator(seed).randn(mean.dims);
  const data = mean.data.map(
    (value, i) => value + Math.exp((logvar.data[i] ?? 0) / 2) * (noise.data[i] ?? 0),
  );
  return { dims: mean.dims, data };
}
