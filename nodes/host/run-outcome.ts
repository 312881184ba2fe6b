import { messageOf, UserError } from '../core/errors.ts';
import { Cancelled, InvalidGraph, NodeFailure } from '../execution/failure.ts';
import type { RunOutcome } from './worker.ts';

const DEFECT_HINT = 'This is a defect of Kronode rather than of your workflow. The log says more.';

/**
 * How a run ended that threw.
 * @param onDefect hears of what no person can mend
 */
export function outcomeOf(error: unknown, onDefect: (error: unknown) => void): RunOutcome {
  if (error instanceof Cancelled) return { kind: 'cancelled' };
  if (error instanceof InvalidGraph) {
    const node = error.problems.find((problem) => problem.node !== undefined)?.node;
    return failed(error.message, error.hint, {
      ...(node !== undefined && { node }),
      problems: [...error.problems],
    });
  }
  if (error instanceof NodeFailure) {
    if (!error.expected) onDefect(error.cause);
    return failed(error.message, error.expected ? error.hint : DEFECT_HINT, { node: error.node });
  }
  if (error instanceof UserError) return failed(error.message, error.hint);
  onDefect(error);
  return failed(`Something went wrong inside Kronode: ${messageOf(error)}.`, DEFECT_HINT);
}

type Failed = Extract<RunOutcome, { kind: 'failed' }>;

const failed = (
  message: string,
  hint: string | undefined,
  more: Pick<Failed, 'node' | 'problems'> = {},
): Failed => ({ kind: 'failed', message, ...(hint !== undefined && { hint }), ...more });
