/**
 * How attention is computed: `fused` is one operator of the runtime, `primitive` plain ones with the
 * heads taken in `chunks`, for providers whose fused operator is missing or wrong.
 */
export type AttentionForm =
  | { readonly kind: 'fused' }
  | { readonly kind: 'primitive'; readonly chunks: number };
