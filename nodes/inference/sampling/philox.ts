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

/** High and low word of the product of two unsigned 32-bit numbers. */
function multiply(a: number, b: number): [high: number, low: number] {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middle2 = aLow * bHigh + (middle & 0xffff);
  const high = aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(middle2 / 0x1_0000);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

/** Philox4x32-10: four random words for a 128-bit counter and a 64-bit key (Salmon et al., 2011). */
function philox(counter: readonly [number, number, number, number], key: readonly [number, number]) {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, low0] = multiply(0xd251_1f53, a);
    const [high1, low1] = multiply(0xcd9e_8d57, c);
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e37_79b9) >>> 0;
    k1 = (k1 + 0xbb67_ae85) >>> 0;
  }
  return [a, b, c, d] as const;
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
    for (let round = 0; round < rounds; round++) {
      const step = this.#offset / 4 + round;
      const low = step >>> 0;
      const high = Math.floor(step / 2 ** 32);
      for (let thread = 0; thread < threads; thread++) {
        const first = thread + threads * 4 * round;
        if (first >= count) break;
        const words = philox([low, high, thread, 0], this.#key);
        for (let pair = 0; pair < 2; pair++) {
          const radius = Math.sqrt(-2 * Math.log((words[pair * 2] ?? 0) * UNIT + HALF_UNIT));
          const angle = 2 * Math.PI * ((words[pair * 2 + 1] ?? 0) * UNIT + HALF_UNIT);
          const at = first + threads * pair * 2;
          if (at < count) values[at] = radius * Math.sin(angle);
          if (at + threads < count) values[at + threads] = radius * Math.cos(angle);
        }
      }
    }
    this.#offset += 4 * rounds;
    return tensor(dims, values);
  }
}
