import type { z } from 'zod';
import { UserError } from '../core/errors.ts';
import type { WireError } from './messages.ts';

/** What the other side answered instead of a result. */
export class RemoteError extends UserError {
  override readonly name = 'RemoteError';
  readonly code: WireError['code'] | 'bad-answer';

  constructor(code: RemoteError['code'], message: string, hint?: string) {
    super(message, hint === undefined ? {} : { hint });
    this.code = code;
  }
}

/** The line broke before the answer came, or was not there to begin with. */
export class ConnectionLost extends UserError {
  override readonly name = 'ConnectionLost';

  constructor(message = 'The connection to Kronode was lost.', hint = 'It is being restored; try again.') {
    super(message, { hint });
  }
}

/** First thing that is wrong with a value, and where. */
export function faultOf({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? '' : `${path}: `}${issue?.message ?? 'unreadable'}`;
}
