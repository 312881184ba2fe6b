import type { ZImageConfig } from '../checkpoints/configs.ts';
import { matmulRate } from '../ort/matmul-rate.ts';
import { paddedLength } from '../zimage/positions.ts';
import { stepFlops } from '../zimage/step-flops.ts';
import type { Place, Placement } from './placement.ts';

/** Below this a step is over before anybody asks why it takes so long. */
const WORTH_TELLING = 5e11;
const PIXELS_PER_TOKEN = 2;

/** Tells what the passes of a run took beside what the device's own arithmetic allows. */
export class StepTiming {
  readonly #milliseconds: number[] = [];

  /** Times one pass of the network. */
  async measure<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    this.#milliseconds.push(performance.now() - startedAt);
    return result;
  }

  /**
   * One sentence for the run's log; none for small models.
   * @param dims of the latent, [batch, channels, height, width]
   */
  async summary(
    config: ZImageConfig,
    dims: readonly number[],
    captionTokens: number,
    placement: Placement,
    { compute }: Place,
  ): Promise<string | undefined> {
    const [batch = 1, , height = 0, width = 0] = dims;
    const imageTokens = paddedLength((height / PIXELS_PER_TOKEN) * (width / PIXELS_PER_TOKEN));
    const flops = stepFlops(config, imageTokens, paddedLength(captionTokens), batch);
    // The first pass of a run may have loaded the model.
    const timed = this.#milliseconds.length > 1 ? this.#milliseconds.slice(1) : this.#milliseconds;
    if (flops < WORTH_TELLING || timed.length === 0) return undefined;
    const seconds = timed.reduce((sum, value) => sum + value, 0) / timed.length / 1000;
    const rate = await matmulRate(placement.providerOf('transformer'), compute, config.dim);
    const passes = this.#milliseconds.length;
    const least = flops / rate;
    return `Network passes: ${passes}, ${figure(seconds)} s each, ${figure(passes * seconds)} s in all. Arithmetic alone takes at least ${figure(least)} s each, ${figure(passes * least)} s in all: ${figure(flops / 1e12)} TFLOP a pass at ${figure(rate / 1e12)} TFLOP/s, the rate of this device's own matrix products.`;
  }
}

const figure = (value: number): string => value.toPrecision(3);
