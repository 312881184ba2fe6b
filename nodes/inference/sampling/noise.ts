import { concatRows, type Tensor, tensor } from '../../core/tensor.ts';
import type { NoiseGenerator, NoiseRecipe } from '../../core/values.ts';
import { type GpuLayout, TorchCudaGenerator } from './philox.ts';
import { TorchCpuGenerator } from './torch-random.ts';

/** An RTX 4090: up to 196,608 values (a latent of 896×896) every GPU of this size or larger agrees. */
const COMMON_GPU: GpuLayout = { multiprocessors: 128, threadsPerMultiprocessor: 1536 };

const generate = (generator: NoiseGenerator, seed: bigint, dims: readonly number[]): Tensor =>
  generator === 'cpu'
    ? new TorchCpuGenerator(seed).randn(dims)
    : new TorchCudaGenerator(seed, COMMON_GPU).randn(dims);

/**
 * Draws the noise of a batch [batch, ...]. One seed draws everything in one call, as diffusers with
 * one generator and ComfyUI do; several seeds draw one image each.
 */
export function drawNoise({ generator, seeds, variation }: NoiseRecipe, dims: readonly number[]): Tensor {
  const [seed = 0n] = seeds;
  if (seeds.length > 1 && seeds.length !== dims[0])
    throw new RangeError(`${seeds.length} seeds were given for ${dims[0]} images.`);
  const single = [1, ...dims.slice(1)];
  const base =
    seeds.length > 1
      ? concatRows(seeds.map((each) => generate(generator, each, single)))
      : generate(generator, seed, dims);
  if (!variation || variation.strength === 0) return base;
  const other = generate(generator, variation.seed, dims);
  const batch = dims[0] ?? 1;
  const size = base.data.length / batch;
  const mixed = tensor(dims);
  for (let i = 0; i < batch; i++) {
    const [from, to] = [i * size, (i + 1) * size];
    mixed.data.set(
      slerp(base.data.subarray(from, to), other.data.subarray(from, to), variation.strength),
      from,
    );
  }
  return mixed;
}

/** Cosine from which two directions count as one and a straight mix is exact enough. */
const PARALLEL = 0.9995;

/** Spherical interpolation (Shoemake, 1985): keeps the length a normal vector has. */
function slerp(a: Float32Array, b: Float32Array, share: number): Float32Array {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  const cosine = dot / Math.sqrt(lengthA * lengthB);
  if (!(Math.abs(cosine) < PARALLEL)) return a.map((x, i) => x + share * ((b[i] ?? 0) - x));
  const angle = Math.acos(cosine);
  const [weightA, weightB] = [Math.sin((1 - share) * angle), Math.sin(share * angle)].map(
    (w) => w / Math.sin(angle),
  );
  return a.map((x, i) => x * (weightA ?? 0) + (b[i] ?? 0) * (weightB ?? 0));
}
