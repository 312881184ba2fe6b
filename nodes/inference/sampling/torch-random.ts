import { elementCount, type Tensor, tensor } from '../../core/tensor.ts';
import { MersenneTwister } from './mersenne-twister.ts';

/** From this many elements on PyTorch fills in blocks. */
const BLOCK = 16;
const HALF = BLOCK / 2;

/**
 * PyTorch's CPU generator: the stream that `torch.Generator().manual_seed(seed)` gives to float32
 * `randn`, call after call (ATen/native/cpu/DistributionTemplates.h).
 */
export class TorchCpuGenerator {
  readonly #engine: MersenneTwister;
  /** Second value of the last small draw, kept until the next small draw. */
  #spare: number | undefined;

  /** @param seed PyTorch seeds the Mersenne Twister with the low 32 bits */
  constructor(seed: bigint) {
    this.#engine = new MersenneTwister(Number(BigInt.asUintN(32, seed)));
  }

  /** Standard normal values of the given shape. */
  randn(dims: readonly number[]): Tensor {
    const count = elementCount(dims);
    const values =
      count >= BLOCK ? this.#blocks(count) : Float32Array.from({ length: count }, () => this.#single());
    return tensor(dims, values);
  }

  #blocks(count: number): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#uniform24();
    for (let at = 0; at + BLOCK <= count; at += BLOCK) boxMuller(values, at);
    if (count % BLOCK !== 0) {
      const last = count - BLOCK;
      for (let i = last; i < count; i++) values[i] = this.#uniform24();
      boxMuller(values, last);
    }
    return values;
  }

  #single(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #uniform24(): number {
    return (this.#engine.next() & 0xff_ffff) / 2 ** 24;
  }

  /** 53 of 64 bits, the first 32-bit output being the high word. */
  #uniform53(): number {
    const high = this.#engine.next();
    return ((high & 0x1f_ffff) * 2 ** 32 + this.#engine.next()) / 2 ** 53;
  }
}

/** Turns 16 uniforms into normals: eight radii, eight angles. */
function boxMuller(values: Float32Array, at: number): void {
  for (let i = at; i < at + HALF; i++) {
    const radius = Math.sqrt(-2 * Math.log(Math.fround(1 - (values[i] ?? 0))));
    const angle = 2 * Math.PI * (values[i + HALF] ?? 0);
    values[i] = radius * Math.cos(angle);
    values[i + HALF] = radius * Math.sin(angle);
  }
}
