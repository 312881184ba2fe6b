import type { Tensor } from '../../core/tensor.ts';
import type { AdapterStrength } from '../adapters/blocks.ts';
import type { TransformerNetwork } from '../networks.ts';
import type { PreparedCaption } from '../zimage/transformer.ts';

/** One pass of one run: its pictures, and how strongly adapters act on them. */
export interface Pass {
  /** [batch, channels, height, width] */
  readonly latents: Tensor;
  readonly sigma: number;
  /** One for all images, or one for each. */
  readonly captions: readonly PreparedCaption[];
  readonly strengths: readonly AdapterStrength[];
}

interface Waiting {
  readonly pass: Pass;
  readonly resolve: (velocity: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Milliseconds that passes wait for those of other runs that go on. */
const GRACE = 20;
/** Latent pixels of a batch; its activations take memory beside the weights. */
const MAX_PIXELS = 4 * 128 * 128;

/**
 * Collects passes that runs ask of one network at the same time, such as the cells of a sweep, and takes
 * them as one batch: the weights are read once for all of it.
 */
export class PassBatch {
  readonly #network: TransformerNetwork;
  readonly #mixedPixels: number;
  readonly #runs: () => number;
  #waiting: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;

  /**
   * @param mixedPixels latent pixels of a picture up to which those of a batch may differ in their strengths,
   * which takes the network's memory again
   * @param runs how many runs go on now, each of which may be about to ask for a pass
   */
  constructor(network: TransformerNetwork, mixedPixels: number, runs: () => number) {
    this.#network = network;
    this.#mixedPixels = network.imageVelocity ? mixedPixels : 0;
    this.#runs = runs;
  }

  /** Velocity of the pass's images. */
  velocity(pass: Pass): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pass, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isRunning || this.#waiting.length === 0) return;
    clearTimeout(this.#timer);
    // Timers are coarse: a run on its own waits for none.
    if (this.#waiting.length >= this.#runs()) void this.#runNext();
    else this.#timer = setTimeout(() => void this.#runNext(), GRACE);
  }

  /** The runs that are furthest behind go first, so that the others meet them at the next step. */
  async #runNext(): Promise<void> {
    const behind = this.#waiting.toSorted((a, b) => b.pass.sigma - a.pass.sigma);
    const [group = []] = groupsOf(behind, this.#mixedPixels);
    this.#waiting = this.#waiting.filter((one) => !group.includes(one));
    this.#isRunning = true;
    try {
      const velocities = await this.#run(group.map(({ pass }) => pass));
      for (const [i, { resolve }] of group.entries()) resolve(velocities[i] ?? new Float32Array());
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#isRunning = false;
    }
    this.#schedule();
  }

  async #run(passes: readonly Pass[]): Promise<Float32Array[]> {
    const [first] = passes;
    if (!first) return [];
    const { sigma, strengths } = first;
    const network = this.#network;
    if (passes.length === 1)
      return [(await network.velocity(first.latents, sigma, first.captions, strengths)).data];
    const images = passes.flatMap(({ latents, ...pass }) =>
      Array.from({ length: latents.dims[0] ?? 0 }, (_, image) => ({ pass, image })),
    );
    const latents = joined(passes.map((pass) => pass.latents));
    const captions = images.map(({ pass, image }) => captionOf(pass.captions, image));
    const areAlike = new Set(passes.map((pass) => JSON.stringify(pass.strengths))).size === 1;
    const each = () => images.map(({ pass }) => pass.strengths);
    const { data } =
      areAlike || !network.imageVelocity
        ? await network.velocity(latents, sigma, captions, strengths)
        : await network.imageVelocity(latents, sigma, captions, each());
    let from = 0;
    return passes.map((pass) => {
      const to = from + pass.latents.data.length;
      const own = data.slice(from, to);
      from = to;
      return own;
    });
  }
}

/** Passes that can be taken together: of one noise level and one size, as many as memory allows. */
function groupsOf(waiting: readonly Waiting[], mixedPixels: number): Waiting[][] {
  const groups: { readonly key: string; pixels: number; readonly passes: Waiting[] }[] = [];
  for (const one of waiting) {
    const { latents, sigma, strengths } = one.pass;
    const [batch = 1, , height = 0, width = 0] = latents.dims;
    const mixes = height * width <= mixedPixels;
    const key = `${sigma} ${latents.dims.slice(1).join()} ${mixes ? '' : JSON.stringify(strengths)}`;
    const pixels = batch * height * width;
    const group = groups.find((other) => other.key === key && other.pixels + pixels <= MAX_PIXELS);
    if (group) {
      group.passes.push(one);
      group.pixels += pixels;
    } else groups.push({ key, pixels, passes: [one] });
  }
  return groups.map(({ passes }) => passes);
}

function joined(parts: readonly Tensor[]): Tensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  const batch = parts.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  return { dims: [batch, ...(parts[0]?.dims.slice(1) ?? [])], data };
}

function captionOf(captions: readonly PreparedCaption[], image: number): PreparedCaption {
  const caption = captions[captions.length === 1 ? 0 : image];
  if (!caption) throw new RangeError(`Image ${image} has no caption.`);
  return caption;
}
