import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { messageOf, UserError } from '../../core/errors.ts';
import { elementCount } from '../../core/tensor.ts';
import { writeModel } from '../onnx/model-writer.ts';
import type { Dtype, GraphModel, Value } from '../onnx/types.ts';
import { runtimeCounters } from './counters.ts';
import { PlacementWatch } from './node-placement.ts';
import { runtimeFault } from './runtime-fault.ts';
import { type SessionSettings, sessionOptions } from './session-options.ts';
import { weightRoot } from './weight-root.ts';

// A provider that cannot be loaded is an answer here, not something to print on a person's terminal.
env.logLevel = 'fatal';

/** A tensor that goes into a graph. int64 carries sizes and ids. */
export interface Feed {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint8Array;
}

const dtypeOf = (data: Feed['data']): Dtype => {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  return data instanceof Int32Array ? 'int32' : 'bool';
};

const tensorOf = (dims: Feed['dims'], data: Feed['data']): OrtTensor =>
  data instanceof Uint8Array ? new OrtTensor('bool', data, dims) : new OrtTensor(data, dims);

/** One graph, ready to run. A run blocks its thread until it is done. */
export class Session {
  readonly #graph: string;
  readonly #inputs: readonly Value[];
  #session: InferenceSession | undefined;
  /** Until the first run is over. */
  #watch: Watch | undefined;

  private constructor(graph: GraphModel, session: InferenceSession, watch: Watch | undefined) {
    this.#graph = graph.name;
    this.#inputs = graph.inputs;
    this.#session = session;
    this.#watch = watch;
  }

  /** @throws UserError where the runtime refuses the graph or the weights, naming the part. */
  static async create(graph: GraphModel, settings: SessionSettings): Promise<Session> {
    const options = sessionOptions(settings, weightRoot(graph.initializers));
    const watch = await watchFor(settings);
    const startedAt = performance.now();
    try {
      const session = await InferenceSession.create(writeModel(graph), {
        ...options,
        ...watch?.placement.options,
      });
      runtimeCounters.sessionsCreated++;
      return new Session(graph, session, watch);
    } catch (error) {
      await watch?.placement.discard();
      const { message, hint } = runtimeFault(messageOf(error));
      throw new UserError(`The ${graph.name} could not be loaded on ${settings.provider}: ${message}.`, {
        hint,
        cause: error,
      });
    } finally {
      runtimeCounters.createMilliseconds += performance.now() - startedAt;
    }
  }

  /**
   * Runs the graph; float32 results by name.
   * @throws Error for feeds that do not fit (a defect), UserError for what the runtime reports.
   */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, RunOutput>>> {
    const session = this.#session;
    if (!session) throw new Error(`The ${this.#graph} was already released.`);
    this.#check(feeds);
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { dims, data }]) => [name, tensorOf(dims, data)]),
    );
    const startedAt = performance.now();
    try {
      const results = await session.run(tensors);
      await this.#endWatch(session);
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data: data as Float32Array }]),
      );
    } catch (error) {
      const { message, hint } = runtimeFault(messageOf(error));
      throw new UserError(`The ${this.#graph} failed: ${message}.`, { hint, cause: error });
    } finally {
      runtimeCounters.runs++;
      runtimeCounters.runMilliseconds += performance.now() - startedAt;
    }
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    await this.#watch?.placement.discard();
    this.#watch = undefined;
    await session.release();
    runtimeCounters.sessionsReleased++;
  }

  async #endWatch(session: InferenceSession): Promise<void> {
    const watch = this.#watch;
    if (!watch) return;
    this.#watch = undefined;
    const operators = await watch.placement.finish(session);
    if (operators.size > 0) watch.tell(operators);
  }

  /** The runtime reads whatever it is given; a wrong feed must not reach it. */
  #check(feeds: Readonly<Record<string, Feed>>): void {
    const symbols = new Map<string, number>();
    for (const input of this.#inputs) {
      const feed = feeds[input.name];
      const problem = feed ? misfit(feed, input, symbols) : 'is missing';
      if (problem !== undefined)
        throw new Error(
          `Feed ${input.name} of the ${this.#graph} ${problem}; it takes ${input.dtype}[${input.shape.join(', ')}].`,
        );
    }
    const known = new Set(this.#inputs.map(({ name }) => name));
    for (const name of Object.keys(feeds))
      if (!known.has(name)) throw new Error(`The ${this.#graph} has no input ${name}.`);
  }
}

/** Looks where nodes run during the first run. */
interface Watch {
  readonly placement: PlacementWatch;
  readonly tell: NonNullable<SessionSettings['onFallback']>;
}

/** On the CPU there is nowhere to fall back to. */
async function watchFor({ provider, onFallback }: SessionSettings): Promise<Watch | undefined> {
  if (provider === 'cpu' || !onFallback) return undefined;
  return { placement: await PlacementWatch.start(), tell: onFallback };
}

/** What is wrong with a feed, if anything; `symbols` collects the sizes that symbolic dims stand for. */
function misfit(
  { dims, data }: Feed,
  { dtype, shape }: Value,
  symbols: Map<string, number>,
): string | undefined {
  if (dtypeOf(data) !== dtype) return `is ${dtypeOf(data)}`;
  if (data.length !== elementCount(dims)) return `has ${data.length} values for [${dims.join(', ')}]`;
  if (dims.length !== shape.length) return `is [${dims.join(', ')}]`;
  for (const [i, dim] of shape.entries()) {
    const size = dims[i] ?? 0;
    const expected = typeof dim === 'number' ? dim : (symbols.get(dim) ?? size);
    if (size !== expected) return `is [${dims.join(', ')}]`;
    if (typeof dim === 'string') symbols.set(dim, size);
  }
  return undefined;
}

export interface RunOutput {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
