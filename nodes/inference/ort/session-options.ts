import type { InferenceSession } from 'onnxruntime-node';
import type { ComputeType } from '../../core/precision.ts';

/** A provider as the runtime knows it. */
export type Provider = 'cpu' | 'webgpu' | 'cuda' | 'tensorrt' | 'dml' | 'coreml';

/**
 * `packed`: weights are widened to what the graph computes in and laid out for speed when the session is created.
 * `quantised`: the same for weights in blocks; the few others stay in their file like `mapped` ones.
 * `mapped`: weights stay in their file and are widened layer by layer while running, for models
 * that would not fit into memory otherwise.
 */
export type WeightPolicy = 'packed' | 'quantised' | 'mapped';

export interface SessionSettings {
  readonly provider: Provider;
  readonly weights: WeightPolicy;
  /** What the graph computes in; float32 by default. */
  readonly compute?: ComputeType;
  /** Fails creation when any node would not run on the provider itself. */
  readonly forbidCpuFallback?: boolean;
  /** Puts the activations of a known size into one block; off where that block could reach 2 GiB. On by default. */
  readonly memoryPattern?: boolean;
  /** Told once, after the first run, which operators ran on the CPU although another provider was asked. */
  readonly onFallback?: (operators: ReadonlyMap<string, number>) => void;
}

/**
 * What a node is offered to, in turn; the CPU comes last by itself. TensorRT leaves to CUDA what it does
 * not know.
 */
const chains: Readonly<Record<Provider, InferenceSession.ExecutionProviderConfig[]>> = {
  cpu: ['cpu'],
  webgpu: [{ name: 'webgpu', preferredLayout: 'NCHW' }],
  cuda: ['cuda'],
  tensorrt: ['tensorrt', 'cuda'],
  dml: ['dml'],
  coreml: ['coreml'],
};

/**
 * The runtime's options for a session whose weights are external data of files anywhere on one drive.
 * @param weightRoot root folder of that drive
 */
export function sessionOptions(
  { provider, weights, forbidCpuFallback = false, memoryPattern = true }: SessionSettings,
  weightRoot: string,
): InferenceSession.SessionOptions {
  return {
    executionProviders: chains[provider],
    // Inside Electron one allocation of 2 GiB ends the process, and an arena grows by doubling.
    enableCpuMemArena: weights === 'packed',
    // DirectML takes no memory patterns.
    enableMemPattern: memoryPattern && weights === 'packed' && provider !== 'dml',
    executionMode: 'sequential',
    // Errors are thrown; the runtime need not print them too.
    logSeverityLevel: 4,
    // Beyond 'basic' the runtime widens f16 weights at creation even with constant folding off.
    graphOptimizationLevel: weights === 'packed' ? 'all' : 'basic',
    extra: {
      'session.model_external_initializers_file_folder_path': weightRoot,
      // An idle session's spinning threads would slow down the one that runs.
      'session.force_spinning_stop': '1',
      ...(forbidCpuFallback && { 'session.disable_cpu_ep_fallback': '1' }),
      ...(weights === 'mapped' && { 'session.disable_prepacking': '1' }),
      ...(weights !== 'packed' && { 'optimization.disable_specified_optimizers': 'ConstantFolding' }),
    },
  };
}
