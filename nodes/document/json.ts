import { messageOf, UserError } from '../core/errors.ts';
import { LIMITS } from './schema.ts';

/** Depth of brackets, strings skipped; keeps JSON.parse and zod from running out of stack. */
function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 92) i++;
      else if (c === 34) inString = false;
    } else if (c === 34) inString = true;
    else if (c === 91 || c === 123) deepest = Math.max(deepest, ++depth);
    else if (c === 93 || c === 125) depth--;
  }
  return deepest;
}

/**
 * Parses JSON that came from outside, within limits of size and depth.
 * @throws UserError in one sentence.
 */
export function parseUntrustedJson(text: string): unknown {
  if (text.length > LIMITS.bytes)
    throw new UserError(`The file is larger than the ${LIMITS.bytes / 2 ** 20} MB a workflow may have.`);
  if (nestingDepth(text) > LIMITS.depth)
    throw new UserError(`The JSON is nested more than ${LIMITS.depth} levels deep; a workflow never is.`);
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw new UserError(`This is not valid JSON: ${messageOf(error)}.`, { cause: error });
  }
}

/** True for a JSON object (not an array, not null). */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
