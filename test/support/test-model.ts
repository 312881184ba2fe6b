import type { KnownModel } from '../../nodes/host/downloads/known-models.ts';

/** A model of two repositories. */
export const testModel: KnownModel = {
  id: 'test',
  sources: [
    {
      repository: 'maker/model',
      revision: 'main',
      paths: ['model_index.json', 'transformer/'],
      target: (path) => `Model/${path}`,
    },
    { repository: 'maker/other', revision: 'main', paths: ['vae/ae.safetensors'], target: (path) => path },
  ],
};
