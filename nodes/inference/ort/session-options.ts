import type { InferenceSession } from 'onnxruntime-node';

/** A provider as the runtime knows it. */
export type Provider = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

/**
 * `packed`: weights are widened to float32 and laid out for speed when the session is created.
 * `mapped`: weights stay in their file and are widened layer by layer while running, for models
 * that would not fit into memory otherwise.
 */
export type WeightPolicy = 'packed' | 'mapped';

export interface SessionSettings {
  readonly provider: Provider;
  readonly weights: WeightPolicy;
  /** Fails creation when any node would not run on the provider itself. */
  readonly forbidCpuFallback?: boolean;
  /** Puts the activations of a known size into one block; off where that block could reach 2 GiB. On by default. */
  readonly memoryPattern?: boolean;
}

/**
 * The runtime's options for a session whose weights are external data of files anywhere on one drive.
 * @param weightRoot root folder of that drive
 */
export function sessionOptions(
  { provider, weights, forbidCpuFallback = false, memoryPattern = true }: SessionSettings,
  weightRoot: string,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [
      provider === 'webgpu' ? { name: 'webgpu', preferredLayout: 'NCHW' } : provider,
    ] as InferenceSession.ExecutionProviderConfig[],
    // Inside Electron one allocation of 2 GiB ends the process, and an arena grows by doubling.
    enableCpuMemArena: weights === 'packed',
    enableMemPattern: memoryPattern && weights === 'packed',
    // Errors are thrown; the runtime need not print them too.
    logSeverityLevel: 4,
    // Beyond 'basic' the runtime widens f16 weights at creation even with constant folding off.
    graphOptimizationLevel: weights === 'mapped' ? 'basic' : 'all',
    extra: {
      'session.model_external_initializers_file_folder_path': weightRoot,
      // An idle session's spinning threads would slow down the one that runs.
      'session.force_spinning_stop': '1',
      ...(forbidCpuFallback && { 'session.disable_cpu_ep_fallback': '1' }),
      ...(weights === 'mapped' && {
        'session.disable_prepacking': '1',
        'optimization.disable_specified_optimizers': 'ConstantFolding',
      }),
    },
  };
}
