import { messageOf, UserError } from '../core/errors.ts';
import type { Problem } from '../document/problem.ts';

/** A node that could not do its work: what happened, where, with which inputs, and what to do. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';
  readonly node: string;
  readonly title: string;
  readonly hint: string | undefined;
  /** One line per input, as shown to people. */
  readonly inputs: Readonly<Record<string, string>>;
  /** False when the cause is a defect of Kronode rather than something a person can mend. */
  readonly expected: boolean;

  constructor(
    where: {
      readonly node: string;
      readonly title: string;
      readonly inputs: Readonly<Record<string, string>>;
    },
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
    this.node = where.node;
    this.title = where.title;
    this.inputs = where.inputs;
    this.expected = cause instanceof UserError;
    this.hint = cause instanceof UserError ? cause.hint : undefined;
  }
}

/** A plan that may not run, with everything that stands in its way. */
export class InvalidGraph extends UserError {
  override readonly name = 'InvalidGraph';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const [first, ...more] = problems;
    super(
      `${first?.message ?? 'The workflow cannot run.'}${more.length > 0 ? ` (and ${more.length} more problem${more.length > 1 ? 's' : ''})` : ''}`,
      first?.hint === undefined ? {} : { hint: first.hint },
    );
    this.problems = problems;
  }
}

/** The run was cancelled; nothing is wrong. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('The run was cancelled.');
  }
}
