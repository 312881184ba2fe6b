import { quoted } from './wording.ts';

/** One tensor as the header states it, not yet checked against the file. */
export interface StatedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First and one past the last byte, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface StatedHeader {
  readonly tensors: ReadonlyMap<string, StatedTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Ends the reading with a sentence that completes "… cannot be read: ". */
export type Refuse = (what: string) => never;

const maxTensors = 100_000;
const maxMetadata = 10_000;
const maxRank = 32;

/**
 * Reads the JSON of a safetensors header. JSON.parse would keep the last of two equal names, give
 * `__proto__` a meaning and build any nesting it is handed; this scanner knows the one grammar a
 * header may have, so it is linear in time and its depth is fixed.
 */
export function scanHeader(text: string, refuse: Refuse): StatedHeader {
  let at = 0;

  const peek = (): string | undefined => {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
    return text[at];
  };
  const syntax = (expected: string): never =>
    refuse(`its header is not valid JSON (${expected} expected at character ${at})`);
  const take = (symbol: string): void => {
    if (peek() !== symbol) syntax(`"${symbol}"`);
    at++;
  };

  const string = (what: string): string => {
    if (peek() !== '"') refuse(`${what} is not a text`);
    const start = at++;
    let escaped = false;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (Number.isNaN(code) || code < 0x20) syntax('the end of a text');
      if (code === 0x5c) {
        escaped = true;
        at++;
      }
    }
    at++;
    if (!escaped) return text.slice(start + 1, at - 1);
    try {
      const value: unknown = JSON.parse(text.slice(start, at));
      // A lone surrogate has no UTF-8 form: two such names would be one name elsewhere.
      if (typeof value === 'string' && !/\p{Surrogate}/u.test(value)) return value;
    } catch {
      return syntax('a valid escape in the text before');
    }
    return syntax('a valid escape in the text before');
  };

  const integerToken = /-?[0-9][0-9.eE+-]*/y;
  const integer = (what: string): number => {
    peek();
    integerToken.lastIndex = at;
    const token = integerToken.exec(text)?.[0];
    if (token === undefined) return refuse(`${what} holds something that is not a number`);
    at += token.length;
    const value = Number(token);
    if (!/^(0|[1-9][0-9]*)$/.test(token) || !Number.isSafeInteger(value)) {
      refuse(`${what} holds ${token.slice(0, 24)}, which is not a whole number from 0 to 2^53 - 1`);
    }
    return value;
  };

  const integers = (what: string, most: number): number[] => {
    if (peek() !== '[') refuse(`${what} is not a list of numbers`);
    at++;
    const values: number[] = [];
    if (peek() === ']') {
      at++;
      return values;
    }
    for (;;) {
      if (values.length === most) refuse(`${what} has more than ${most} entries`);
      values.push(integer(what));
      const separator = peek();
      at++;
      if (separator === ']') return values;
      if (separator !== ',') syntax('"," or "]"');
    }
  };

  const object = (what: string, member: (key: string) => void): void => {
    if (peek() !== '{') refuse(`${what} is not a JSON object`);
    at++;
    if (peek() === '}') {
      at++;
      return;
    }
    for (;;) {
      if (peek() !== '"') syntax('a name in quotes');
      const key = string('a name');
      take(':');
      member(key);
      const separator = peek();
      at++;
      if (separator === '}') return;
      if (separator !== ',') syntax('"," or "}"');
    }
  };

  const tensor = (name: string): StatedTensor => {
    const what = `tensor ${quoted(name)}`;
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    object(what, (key) => {
      const twice = (seen: unknown) => seen !== undefined && refuse(`${what} states its ${key} twice`);
      if (key === 'dtype') {
        twice(dtype);
        dtype = string(`the dtype of ${what}`);
      } else if (key === 'shape') {
        twice(shape);
        shape = integers(`the shape of ${what}`, maxRank);
      } else if (key === 'data_offsets') {
        twice(offsets);
        offsets = integers(`the data_offsets of ${what}`, 2);
      } else {
        refuse(`${what} has an unknown field ${quoted(key)}`);
      }
    });
    if (dtype === undefined) return refuse(`${what} has no dtype`);
    if (shape === undefined) return refuse(`${what} has no shape`);
    const [begin, end] = offsets ?? [];
    if (begin === undefined || end === undefined) return refuse(`${what} has no pair of data_offsets`);
    return { dtype, shape, begin, end };
  };

  const tensors = new Map<string, StatedTensor>();
  const metadata = new Map<string, string>();
  let metadataSeen = false;
  object('its header', (name) => {
    if (name === '__metadata__') {
      if (metadataSeen) refuse('its header holds __metadata__ twice');
      metadataSeen = true;
      object('its __metadata__', (key) => {
        if (metadata.has(key)) refuse(`its __metadata__ holds ${quoted(key)} twice`);
        if (metadata.size === maxMetadata) refuse(`its __metadata__ has more than ${maxMetadata} entries`);
        metadata.set(key, string(`the __metadata__ entry ${quoted(key)}`));
      });
      return;
    }
    if (tensors.has(name)) refuse(`tensor ${quoted(name)} is listed twice`);
    if (tensors.size === maxTensors) refuse(`it lists more than ${maxTensors} tensors`);
    tensors.set(name, tensor(name));
  });
  if (peek() !== undefined) syntax('the end of the header');
  return { tensors, metadata };
}
