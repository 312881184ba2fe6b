/** Where a person may ask models to run; `auto` takes the best that works here and says why. */
export const providerChoices = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type ProviderChoice = (typeof providerChoices)[number];
