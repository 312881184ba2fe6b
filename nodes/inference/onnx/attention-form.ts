import type { FloatType } from './graph-builder.ts';

/**
 * How attention is computed: `fused` is one operator of the runtime, `primitive` plain ones with the
 * heads taken in `chunks`, for providers whose fused operator is missing or wrong. `type`: what the fused one is
 * computed in, where that is not the type of the graph's values.
 */
export type AttentionForm =
  | { readonly kind: 'fused'; readonly type?: FloatType }
  | { readonly kind: 'primitive'; readonly chunks: number };
