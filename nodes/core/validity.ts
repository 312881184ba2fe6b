/** The answer to "may this be done?": every refusal carries a sentence for a person. */
export type Validity = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export const valid: Validity = { ok: true };
export const invalid = (reason: string): Validity => ({ ok: false, reason });
