/** What a pattern may name in braces. */
export const nameTokens = ['name', 'title', 'seed', 'date', 'time', 'counter'] as const;
export type NameToken = (typeof nameTokens)[number];

export const DEFAULT_NAME_PATTERN = '{name}_{counter}';
export const MAX_PATTERN_LENGTH = 200;

/** What stands behind the tokens of one picture; `{counter}` is chosen where it is saved. */
export interface NameValues {
  /** What the node that saves says; may hold tokens and sub-folders itself. */
  readonly name: string;
  /** Of the workflow. */
  readonly title: string;
  /** Decimal text. */
  readonly seed: string;
  readonly at: Date;
}

/** A file below the output folder, without its extension. */
export interface OutputName {
  readonly folders: readonly string[];
  readonly start: string;
  /** What follows the number; undefined where the name carries none. */
  readonly end: string | undefined;
}

/** Names Windows keeps for devices, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Bytes of one name that every common file system takes, with room for a number and an extension. */
const MAX_NAME_BYTES = 200;
/** Of what follows the number, and of the value of one token. */
const MAX_PART_BYTES = 80;
/** Stands for the number until it is known; taken out of whatever a person writes. */
const NUMBER = '\uE000';
const FALLBACK = 'kronode';

const tokens = /\{([a-z]+)\}/g;
const isToken = (text: string): text is NameToken => (nameTokens as readonly string[]).includes(text);

const utf8 = new TextEncoder();

/** As much of a text as fits, in whole characters. */
function upTo(most: number, text: string): string {
  let end = 0;
  let bytes = 0;
  for (const character of text) {
    bytes += utf8.encode(character).length;
    if (bytes > most) break;
    end += character.length;
  }
  return text.slice(0, end);
}

const withoutTail = (text: string): string => text.replace(/[. ]+$/, '');

/** What a name may begin with: nothing a system cannot store, and no reserved name. */
function safeStart(part: string): string {
  const shown = part.replace(/[\p{Cc}\p{Cs}<>:"|?*]/gu, '_').trimStart();
  return RESERVED.test(shown.trimEnd()) ? `_${shown}` : shown;
}

/** One folder or file name every system can store. */
const safeName = (part: string): string =>
  withoutTail(upTo(MAX_NAME_BYTES, safeStart(withoutTail(part.trim()))));

/** A path a person or another program wrote, as names every system can store. */
export const safeParts = (path: string): string[] =>
  path
    .split(/[/\\]/)
    .map(safeName)
    .filter((part) => part !== '');

/** A value as part of one name. */
const flat = (value: string): string => upTo(MAX_PART_BYTES, safeName(value.replaceAll(/[/\\]/g, '_')));

const two = (value: number): string => String(value).padStart(2, '0');
const dateOf = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const timeOf = (at: Date): string => [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('-');

/**
 * Fills a pattern such as `{date}/{name}_{counter}`. The parts say where the file lies below the output
 * folder: what says nothing (`.`, `..`, empty, the leading / of an absolute path) is dropped, so that no
 * pattern and no value leads out of it, and what a system cannot store is replaced.
 */
export function outputName(pattern: string, { name, title, seed, at }: NameValues): OutputName {
  const values: Readonly<Record<Exclude<NameToken, 'name'>, string>> = {
    title: flat(title),
    seed: flat(seed),
    date: dateOf(at),
    time: timeOf(at),
    counter: NUMBER,
  };
  const own = safeParts(name.replaceAll(NUMBER, ''));
  if (own.length === 0 || /[/\\]\s*$/.test(name)) own.push(FALLBACK);
  const filled = pattern
    .replaceAll(NUMBER, '')
    .replaceAll('{name}', () => own.join('/'))
    .replaceAll(tokens, (whole, token: string) =>
      isToken(token) && token !== 'name' ? values[token] : whole,
    );
  const parts = filled.split(/[/\\]/).map((part) => part.trim());
  const last = parts.pop() ?? '';
  const folders = parts.map((part) => safeName(part.replaceAll(NUMBER, ''))).filter((part) => part !== '');
  const place = last.indexOf(NUMBER);
  if (place < 0) return { folders, start: safeName(last) || FALLBACK, end: undefined };
  // A second number would say the same again. The x keeps a space where it is.
  const end = safeName(`x${last.slice(place + 1).replaceAll(NUMBER, '')}`).slice(1);
  return {
    folders,
    start: upTo(MAX_NAME_BYTES - MAX_PART_BYTES, safeStart(last.slice(0, place))),
    end: withoutTail(upTo(MAX_PART_BYTES, end)),
  };
}

/** The path of a file with its number, as people read it. */
export function namedPath({ folders, start, end }: OutputName, number: number, extension: string): string {
  const counted = end === undefined ? start : `${start}${String(number).padStart(5, '0')}${end}`;
  return [...folders, `${counted}.${extension}`].join('/');
}

export type PatternProblem =
  | { readonly kind: 'empty' | 'too-long' | 'leaves-folder' | 'counter-in-folder' }
  | { readonly kind: 'unknown-token'; readonly token: string };

/** What keeps a text from being a pattern, if anything. */
export function patternProblem(pattern: string): PatternProblem | undefined {
  if (pattern.trim() === '' || /[/\\]\s*$/.test(pattern)) return { kind: 'empty' };
  if (pattern.length > MAX_PATTERN_LENGTH) return { kind: 'too-long' };
  for (const [, token = ''] of pattern.matchAll(/\{([^{}]*)\}/g))
    if (!isToken(token)) return { kind: 'unknown-token', token };
  const parts = pattern.split(/[/\\]/);
  if (
    /^\s*[/\\]/.test(pattern) ||
    /^[a-z]:/i.test(pattern.trim()) ||
    parts.some((part) => /^\s*\.+\s*$/.test(part))
  )
    return { kind: 'leaves-folder' };
  if (parts.slice(0, -1).some((part) => part.includes('{counter}'))) return { kind: 'counter-in-folder' };
  return undefined;
}
