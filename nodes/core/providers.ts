/** Where a person may ask models to run; `auto` takes the best that works here and says why. */
export const providerChoices = ['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml'] as const;
export type ProviderChoice = (typeof providerChoices)[number];

/** Parts of a model that may run elsewhere than the rest. */
export const providedParts = ['transformer', 'text-encoder', 'vae'] as const;
/** `auto` or absent means where the rest runs. */
export type PartProviders = { readonly [P in (typeof providedParts)[number]]?: ProviderChoice | undefined };
