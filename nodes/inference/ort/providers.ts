import { listSupportedBackends } from 'onnxruntime-node';
import { messageOf, UserError } from '../../core/errors.ts';
import { type PartProviders, type ProviderChoice, providedParts } from '../../core/providers.ts';
import { Graph } from '../onnx/graph.ts';
import { missingHardware } from './hardware.ts';
import { runtimeFault } from './runtime-fault.ts';
import { Session } from './session.ts';
import type { Provider } from './session-options.ts';

/** Where models run, and why there. */
export interface ChosenProvider {
  readonly name: Provider;
  readonly reason: string;
}

/**
 * Providers of a system that are tried by themselves, best first. CUDA and CoreML beat WebGPU where they
 * are installed; DirectML is the fallback on Windows. TensorRT, which compiles for minutes whenever a size
 * changes, is taken when it is asked for.
 */
export function providerOrder(platform: NodeJS.Platform, arch: string): readonly Provider[] {
  switch (platform) {
    case 'win32':
      return arch === 'x64' ? ['cuda', 'webgpu', 'dml', 'cpu'] : ['webgpu', 'dml', 'cpu'];
    case 'darwin':
      return ['coreml', 'webgpu', 'cpu'];
    case 'linux':
      return ['cuda', 'webgpu', 'cpu'];
    default:
      return ['cpu'];
  }
}

const preference = providerOrder(process.platform, process.arch);
const allProviders: readonly Provider[] = ['cuda', 'tensorrt', 'coreml', 'webgpu', 'dml', 'cpu'];

const NOT_BUILT = 'this build of ONNX Runtime does not have it';

/** Every provider, best first, with what keeps it from being used as far as that is plain without trying. */
export function providersHere(): { readonly name: Provider; readonly problem?: string }[] {
  const listed = listSupportedBackends().map(({ name }) => name);
  return allProviders.map((name) => {
    const problem = listed.includes(name) ? missingHardware(name) : NOT_BUILT;
    return problem === undefined ? { name } : { name, problem };
  });
}

/** Tries a provider with the smallest graph there is: drivers are often listed and not usable. */
async function probe(provider: Provider): Promise<string | undefined> {
  const graph = new Graph('provider check');
  const x = graph.input('x', 'float32', [1]);
  graph.output('y', graph.add(x, x));
  try {
    const session = await Session.create(graph.build(), { provider, weights: 'packed' });
    await session.run({ x: { dims: [1], data: Float32Array.of(1) } });
    await session.release();
    return undefined;
  } catch (error) {
    return runtimeFault(messageOf(error instanceof UserError ? (error.cause ?? error) : error)).message;
  }
}

/** Side of the matrices whose product decides whether a provider is worth using. */
const TRIAL_SIZE = 512;
/** Copies make a real GPU lose small products by a little, software by a hundredfold. */
const SLOW_FACTOR = 5;

/** Milliseconds of one matrix product, after a warm-up. */
async function trialTime(provider: Provider): Promise<number> {
  const dims = [TRIAL_SIZE, TRIAL_SIZE] as const;
  const graph = new Graph('speed check');
  graph.output('y', graph.matmul(graph.input('a', 'float32', dims), graph.input('b', 'float32', dims)));
  const session = await Session.create(graph.build(), { provider, weights: 'packed' });
  try {
    const matrix = { dims, data: new Float32Array(TRIAL_SIZE ** 2).fill(0.5) };
    await session.run({ a: matrix, b: matrix });
    const startedAt = performance.now();
    await session.run({ a: matrix, b: matrix });
    return performance.now() - startedAt;
  } finally {
    await session.release();
  }
}

/** Drivers that compute in software answer like a GPU and are many times slower than the CPU provider. */
const isMuchSlowerThanCpu = async (provider: Provider): Promise<boolean> =>
  (await trialTime(provider)) > SLOW_FACTOR * (await trialTime('cpu'));

/** CUDA's part of the runtime is too large for the npm registry; there is one for Linux on x64 alone. */
const FETCH_CUDA = 'node node_modules/onnxruntime-node/script/install.js';

function remedyFor(provider: Provider): string {
  const isCuda = provider === 'cuda' || provider === 'tensorrt';
  return isCuda && process.platform === 'linux' && process.arch === 'x64'
    ? `Choose auto or cpu, or install CUDA 12 with cuDNN 9 and fetch the runtime’s libraries for it once: ${FETCH_CUDA}`
    : 'Choose auto or cpu.';
}

/**
 * Picks where models run. An explicit choice is tried and refused with the reason; `auto` takes the
 * first that works and is no software imitation of a GPU.
 * @throws UserError
 */
export async function chooseProvider(choice: ProviderChoice): Promise<ChosenProvider> {
  const listed = listSupportedBackends().map(({ name }) => name);
  if (choice === 'cpu') return { name: 'cpu', reason: 'chosen' };
  if (choice !== 'auto') {
    const failure = listed.includes(choice) ? await probe(choice) : NOT_BUILT;
    if (failure === undefined) return { name: choice, reason: 'chosen' };
    throw new UserError(`${choice} cannot be used here: ${failure}.`, { hint: remedyFor(choice) });
  }
  const tried: string[] = [];
  for (const provider of preference) {
    if (provider === 'cpu' || !listed.includes(provider)) continue;
    const failure =
      missingHardware(provider) ??
      (await probe(provider)) ??
      ((await isMuchSlowerThanCpu(provider)) ? 'far slower than the CPU here' : undefined);
    if (failure === undefined) return { name: provider, reason: 'the best that works here' };
    tried.push(`${provider}: ${failure}`);
  }
  return {
    name: 'cpu',
    reason: tried.length > 0 ? `no GPU could be used (${tried.join('; ')})` : 'no GPU provider is installed',
  };
}

/**
 * Where single parts run; `auto` leaves a part where the rest runs.
 * @throws UserError naming the part, where a choice cannot be used
 */
export async function choosePartProviders(
  choices: PartProviders = {},
): Promise<{ readonly [K in keyof PartProviders]: Provider }> {
  const chosen: { -readonly [K in keyof PartProviders]: Provider } = {};
  for (const part of providedParts) {
    const choice = choices[part] ?? 'auto';
    if (choice !== 'auto') chosen[part] = (await chooseProvider(choice)).name;
  }
  return chosen;
}
