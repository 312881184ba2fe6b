/** Something in a document that a person should know about. The document still opens. */
export interface Problem {
  /** `error` keeps the node from running; `warning` was mended while opening. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string | undefined;
  readonly node?: string | undefined;
  readonly input?: string | undefined;
}
