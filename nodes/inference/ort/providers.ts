import { listSupportedBackends } from 'onnxruntime-node';
import { messageOf, UserError } from '../../core/errors.ts';
import type { ProviderChoice } from '../../core/providers.ts';
import { Graph } from '../onnx/graph.ts';
import { Session } from './session.ts';
import type { Provider } from './session-options.ts';

/** Where models run, and why there. */
export interface ChosenProvider {
  readonly name: Provider;
  readonly reason: string;
}

/** Best first. CUDA and CoreML beat WebGPU where they are installed; DirectML is the fallback on Windows. */
const preference: readonly Provider[] = ['cuda', 'coreml', 'webgpu', 'dml', 'cpu'];

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
    return messageOf(error instanceof UserError ? (error.cause ?? error) : error).split('\n')[0];
  }
}

/**
 * Picks where models run. An explicit choice is tried and refused with the reason; `auto` takes the
 * first that works.
 * @throws UserError
 */
export async function chooseProvider(choice: ProviderChoice): Promise<ChosenProvider> {
  const listed = listSupportedBackends().map(({ name }) => name);
  if (choice === 'cpu') return { name: 'cpu', reason: 'chosen' };
  if (choice !== 'auto') {
    const failure = listed.includes(choice)
      ? await probe(choice)
      : 'this build of ONNX Runtime does not have it';
    if (failure === undefined) return { name: choice, reason: 'chosen' };
    throw new UserError(`${choice} cannot be used here: ${failure}.`, { hint: 'Choose auto or cpu.' });
  }
  const tried: string[] = [];
  for (const provider of preference) {
    if (provider === 'cpu' || !listed.includes(provider)) continue;
    const failure = await probe(provider);
    if (failure === undefined) return { name: provider, reason: 'the best that works here' };
    tried.push(`${provider}: ${failure}`);
  }
  return {
    name: 'cpu',
    reason: tried.length > 0 ? `no GPU could be used (${tried.join('; ')})` : 'no GPU provider is installed',
  };
}
