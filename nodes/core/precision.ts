/** How weights are kept while a model runs. */
export const precisions = ['f32', 'bf16', 'f16', 'int8', 'int4'] as const;
export type Precision = (typeof precisions)[number];

/** What a person may ask for; `auto` takes the most exact one that fits and runs well here. */
export type PrecisionChoice = Precision | 'auto';
