import { existsSync } from 'node:fs';
import type { Provider } from './session-options.ts';

/** Devices of GPU drivers on Linux, WSL's among them. */
const GPU_DEVICES = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg', '/dev/kfd'];
const NVIDIA_DEVICES = ['/dev/nvidiactl', '/dev/dxg'];

/**
 * Why a provider need not be tried, where that is plain without asking a driver: drivers print to the
 * terminal and take their time even where there is no GPU at all.
 */
export function missingHardware(provider: Provider): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Somebody who names a Vulkan driver wants it tried.
  const isNamed = Boolean(process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES);
  if (provider === 'webgpu' && !isNamed && !GPU_DEVICES.some(existsSync)) return 'this machine has no GPU';
  if ((provider === 'cuda' || provider === 'tensorrt') && !NVIDIA_DEVICES.some(existsSync))
    return 'this machine has no NVIDIA GPU';
  return undefined;
}
