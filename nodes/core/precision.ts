/** How weights are kept while a model runs. */
export const precisions = ['f32', 'bf16', 'f16', 'int8', 'int4'] as const;
export type Precision = (typeof precisions)[number];

/** What a person may ask for; `auto` takes the most exact one that fits and runs well here. */
export type PrecisionChoice = Precision | 'auto';

/**
 * What a network is computed in; what it takes and gives is float32 either way. In bfloat16 the products of linear
 * layers are, which need no scaling to stay in range; everything between them stays float32, but for attention,
 * which takes half precision where the device has it right.
 */
export const computeTypes = ['float32', 'float16', 'bfloat16'] as const;
export type ComputeType = (typeof computeTypes)[number];
