import { elementCount, type Tensor, tensor } from '../../core/tensor.ts';
import type { VaeRecipe } from '../../core/values.ts';
import type { AutoencoderService } from '../../execution/services.ts';
import { encodePreview } from '../images/encode-picture.ts';
import { resizeLatent } from '../images/latent-resize.ts';
import { applyLatentRgb, fitLatentRgb, type LatentRgb } from '../images/latent-rgb.ts';
import { TorchCpuGenerator } from '../sampling/torch-random.ts';

/** Longer side of a step preview, in pixels: all the detail that latents of a 2048 px picture hold. */
const PREVIEW_SIDE = 256;
/** Beyond this many pixels per latent pixel, whoever shows it enlarges it as well: a person waits for these bytes. */
const MOST_PIXELS = 4;
/** Latents the factors are fitted on: smooth fields, as pictures are, of many colours. */
const FIT_IMAGES = 6;
const FIT_SIDE = 16;
const FIT_SEED = 20_240_601n;

/**
 * Pictures of unfinished latents without running the autoencoder: a linear map from latent channels
 * to RGB, fitted once per autoencoder on what it decodes, and only when somebody looks.
 */
export class LatentPreviews {
  readonly #autoencoder: AutoencoderService;
  /** Autoencoder that was opened together with a model. */
  readonly #vaes = new Map<string, VaeRecipe>();
  readonly #factors = new Map<string, Promise<LatentRgb>>();

  constructor(autoencoder: AutoencoderService) {
    this.#autoencoder = autoencoder;
  }

  pair(modelSha256: string, vae: VaeRecipe): void {
    this.#vaes.set(modelSha256, vae);
  }

  /** Makes previews of latents of a model, or undefined where no autoencoder of it is known. */
  for(modelSha256: string): ((latents: Tensor) => Promise<Uint8Array>) | undefined {
    const vae = this.#vaes.get(modelSha256);
    if (!vae) return undefined;
    return async (latents) => {
      const key = vae.part.file.sha256;
      const factors = this.#factors.get(key) ?? this.#fit(vae);
      this.#factors.set(key, factors);
      // A fit that failed is tried again at the next preview.
      factors.catch(() => this.#factors.delete(key));
      const [first] = latents.dims;
      const one = first === 1 ? latents : firstOf(latents);
      const longer = Math.max(...one.dims.slice(2));
      return encodePreview(applyLatentRgb(await factors, one), Math.min(PREVIEW_SIDE, MOST_PIXELS * longer));
    };
  }

  async #fit(vae: VaeRecipe): Promise<LatentRgb> {
    const coarse = new TorchCpuGenerator(FIT_SEED).randn([FIT_IMAGES, vae.latentChannels, 4, 4]);
    const smooth = resizeLatent(
      { samples: coarse, channels: vae.latentChannels },
      { width: FIT_SIDE, height: FIT_SIDE },
      'bilinear',
    );
    const samples = tensor(
      smooth.samples.dims,
      smooth.samples.data.map((value) => value * 1.5),
    );
    const { image } = await this.#autoencoder.decode(
      vae,
      { samples, channels: vae.latentChannels },
      { mode: 'whole', tileSize: 0, overlap: 0 },
      { signal: new AbortController().signal, onTile: () => undefined },
    );
    return fitLatentRgb(samples, image);
  }
}

function firstOf({ dims, data }: Tensor): Tensor {
  const shape = [1, ...dims.slice(1)];
  return tensor(shape, data.slice(0, elementCount(shape)));
}
