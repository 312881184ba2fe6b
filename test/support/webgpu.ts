import { existsSync } from 'node:fs';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

// Read by the Vulkan loader when the runtime opens its first WebGPU session.
if (existsSync(SWIFTSHADER)) {
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
  process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;
  process.env.VK_DRIVER_FILES ??= SWIFTSHADER;
}

const isAvailable = process.env.VK_ICD_FILENAMES !== undefined;

if (!isAvailable) {
  const why =
    'WebGPU suites are skipped: no Vulkan driver was found. On Debian: apt-get install chromium libvulkan1.';
  if (process.env.KRONODE_REQUIRE_ALL_SUITES) throw new Error(why);
  process.stderr.write(`${why}\n`);
}

/** Providers that golden suites run on; WebGPU is Dawn on a software GPU. */
export const testProviders = isAvailable ? (['cpu', 'webgpu'] as const) : (['cpu'] as const);
