/**
 * An expected failure, told in words for a person: `message` says what is wrong and where,
 * `hint` what to do about it. Anything else that is thrown counts as a defect of Kronode.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}

/** One line for any thrown value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
