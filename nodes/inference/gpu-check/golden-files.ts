/** Folders of references below the golden folder, with the files of each that the GPU check reads. */
export const goldenFiles = {
  'zimage-transformer-wide-bf16': ['config.json', 'diffusion_pytorch_model.safetensors', 'case.safetensors'],
  'qwen3-tiny': ['config.json', 'model.safetensors', 'cases.safetensors'],
  'vae-tiny': ['config.json', 'diffusion_pytorch_model.safetensors', 'cases.safetensors'],
} as const;
