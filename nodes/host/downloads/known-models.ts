/** Part of a repository that belongs to a model. */
export interface ModelSource {
  /** As Hugging Face names it. */
  readonly repository: string;
  readonly revision: string;
  /** Files and folders wanted; a folder ends with a slash and stands for all in it. */
  readonly paths: readonly string[];
  /** Where a path of the repository goes, below the folder of models. */
  readonly target: (path: string) => string;
}

/** A model people can be offered. What it is called in other languages is the page's matter. */
export interface KnownModel {
  readonly id: string;
  readonly sources: readonly ModelSource[];
}

const zimage = 'Tongyi-MAI/Z-Image-Turbo';

export const knownModels: readonly KnownModel[] = [
  {
    id: 'z-image-turbo',
    sources: [
      {
        repository: zimage,
        revision: 'main',
        paths: ['model_index.json', 'scheduler/', 'text_encoder/', 'tokenizer/', 'transformer/', 'vae/'],
        target: (path) => `Z-Image-Turbo/${path}`,
      },
    ],
  },
  {
    id: 'z-image-turbo-comfyui',
    sources: [
      {
        repository: 'Comfy-Org/z_image_turbo',
        revision: 'main',
        paths: [
          'split_files/diffusion_models/z_image_turbo_bf16.safetensors',
          'split_files/text_encoders/qwen_3_4b.safetensors',
          'split_files/vae/ae.safetensors',
        ],
        target: (path) => path.replace(/^split_files\//, ''),
      },
      {
        // The single files come without one.
        repository: zimage,
        revision: 'main',
        paths: ['tokenizer/'],
        target: (path) => `text_encoders/${path}`,
      },
    ],
  },
];
