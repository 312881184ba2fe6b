import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readAll, vaeInLdmNames, writeCopy, zimageInComfyNames } from './checkpoint-copies.ts';
import { goldenPath } from './fixture-paths.ts';
import { tempFolder } from './temp-folder.ts';

const weightsFile = 'diffusion_pytorch_model.safetensors';
const lokr = goldenPath('adapters-zimage-tiny/lokr-aitoolkit-full-bf16.safetensors');

/** ComfyUI's folder of models, with tiny ones. */
export async function comfyuiFolder(): Promise<string> {
  const root = join(await tempFolder(), 'models');
  for (const folder of ['diffusion_models', 'text_encoders', 'vae', 'loras/styles', 'checkpoints']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await writeCopy(
    join(root, 'diffusion_models', 'z_image.safetensors'),
    zimageInComfyNames(await readAll(goldenPath(`zimage-transformer-tiny/${weightsFile}`))),
  );
  await cp(goldenPath('qwen3-tiny/model.safetensors'), join(root, 'text_encoders', 'qwen_3_4b.safetensors'));
  await writeCopy(
    join(root, 'vae', 'ae.safetensors'),
    vaeInLdmNames(await readAll(goldenPath(`vae-tiny/${weightsFile}`))),
  );
  await cp(lokr, join(root, 'loras', 'styles', 'sda.safetensors'));
  return root;
}
