import { elementCount, type Tensor, tensor } from '../../core/tensor.ts';

/** What of a GPU decides how PyTorch lays out its random numbers. */
export interface GpuLayout {
  readonly multiprocessors: number;
  readonly threadsPerMultiprocessor: number;
}

/** Threads of one block of PyTorch's random kernels. */
const BLOCK = 256;
const ROUNDS = 10;
const UNIT = 2 ** -32;
const HALF_UNIT = 2 ** -33;

/** High word of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle2 = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(middle2 / 0x1_0000)) >>> 0;
}

/**
 * Philox4x32-10: replaces the 128-bit counter in `words` by four random words (Salmon et al., 2011).
 * In place, because it runs once per value of a latent.
 */
function philox(words: Uint32Array, key0: number, key1: number): void {
  let a = words[0] ?? 0;
  let b = words[1] ?? 0;
  let c = words[2] ?? 0;
  let d = words[3] ?? 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(0xd251_1f53, a);
    const high1 = multiplyHigh(0xcd9e_8d57, c);
    const low0 = Math.imul(0xd251_1f53, a);
    const low1 = Math.imul(0xcd9e_8d57, c);
    a = (high1 ^ b ^ key0) >>> 0;
    b = low1 >>> 0;
    c = (high0 ^ d ^ key1) >>> 0;
    d = low0 >>> 0;
    key0 = (key0 + 0x9e37_79b9) >>> 0;
    key1 = (key1 + 0xbb67_ae85) >>> 0;
  }
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}

/**
 * PyTorch's CUDA generator for float32 `randn` (cuRAND's Philox normals in the order of ATen's
 * distribution kernels). Above one value per thread the stream depends on the GPU model.
 */
export class TorchCudaGenerator {
  readonly #key: readonly [number, number];
  readonly #maxBlocks: number;
  /** Random words each thread has used; a multiple of 4. */
  #offset = 0;

  constructor(seed: bigint, { multiprocessors, threadsPerMultiprocessor }: GpuLayout) {
    const bits = BigInt.asUintN(64, seed);
    this.#key = [Number(bits & 0xffff_ffffn), Number(bits >> 32n)];
    this.#maxBlocks = multiprocessors * Math.floor(threadsPerMultiprocessor / BLOCK);
  }

  randn(dims: readonly number[]): Tensor {
    const count = elementCount(dims);
    const values = new Float32Array(count);
    const threads = BLOCK * Math.min(Math.ceil(count / BLOCK), this.#maxBlocks);
    const rounds = Math.floor((count - 1) / (4 * threads)) + 1;
    const words = new Uint32Array(4);
    const [key0, key1] = this.#key;
    for (let round = 0; round < rounds; round++) {
      const step = this.#offset / 4 + round;
      const low = step >>> 0;
      const high = Math.floor(step / 2 ** 32);
      for (let thread = 0; thread < threads; thread++) {
        const first = thread + threads * 4 * round;
        if (first >= count) break;
        words[0] = low;
        words[1] = high;
        words[2] = thread;
        words[3] = 0;
        philox(words, key0, key1);
        // Usually each thread has one value to give: the second pair is made only where it is used.
        for (let pair = 0; pair < 2 && first + threads * pair * 2 < count; pair++) {
          const radius = Math.sqrt(-2 * Math.log((words[pair * 2] ?? 0) * UNIT + HALF_UNIT));
          const angle = 2 * Math.PI * ((words[pair * 2 + 1] ?? 0) * UNIT + HALF_UNIT);
          const at = first + threads * pair * 2;
          values[at] = radius * Math.sin(angle);
          if (at + threads < count) values[at + threads] = radius * Math.cos(angle);
        }
      }
    }
    this.#offset += 4 * rounds;
    return tensor(dims, values);
  }
}
