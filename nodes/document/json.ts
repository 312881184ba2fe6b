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

/** Assigned by name, this key would replace an object's prototype; no honest file has it. */
const RESERVED_KEY = '__proto__';
/** The key may be written with escapes; only then are all keys looked at. */
const MAY_BE_RESERVED = /__proto__|\\u00[567]/i;

function hasReservedKey(json: unknown): boolean {
  const pending = [json];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, RESERVED_KEY)) return true;
    for (const child of Object.values(value)) if (typeof child === 'object') pending.push(child);
  }
  return false;
}

/** What begins as an object or a list may be meant as JSON. */
const MAY_BE_JSON = /^\uFEFF?\s*[[{]/;

/** Why a text is no JSON, with the line where the parser tells the place. */
function damage(text: string, error: unknown): UserError {
  const place = /position (\d+)/.exec(messageOf(error))?.[1];
  const line = place === undefined ? undefined : text.slice(0, Number(place)).split('\n').length;
  return new UserError(
    line === undefined ? 'This is not valid JSON.' : `This is not valid JSON: line ${line} cannot be read.`,
    { hint: 'Save, download or copy it again.', cause: error },
  );
}

/**
 * Parses JSON that came from outside, within limits of size and depth and without `__proto__` keys.
 * @throws UserError in one sentence.
 */
export function parseUntrustedJson(text: string): unknown {
  if (text.length > LIMITS.bytes)
    throw new UserError(`The file is larger than the ${LIMITS.bytes / 2 ** 20} MB a workflow may have.`);
  if (nestingDepth(text) > LIMITS.depth)
    throw new UserError(`The JSON is nested more than ${LIMITS.depth} levels deep; a workflow never is.`);
  if (!MAY_BE_JSON.test(text))
    throw new UserError('This is no workflow file.', {
      hint: 'Use a workflow file, or a picture that Kronode saved.',
    });
  let json: unknown;
  try {
    json = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw damage(text, error);
  }
  if (MAY_BE_RESERVED.test(text) && hasReservedKey(json))
    throw new UserError(`The file uses the reserved name ${RESERVED_KEY}; no program writes that.`);
  return json;
}

/** True for a JSON object (not an array, not null). */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
