import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { bytesPerElement } from '../../../../nodes/inference/checkpoints/dtypes.ts';
import {
  parseSafetensorsHeader,
  type SafetensorsFile,
} from '../../../../nodes/inference/checkpoints/safetensors-header.ts';
import type { WeightDtype } from '../../../../nodes/inference/checkpoints/weights.ts';

const runs = 1500;

/** The bytes of a file with this header text and as many data bytes. */
function fileOf(header: string | Uint8Array, dataBytes = 0, statedLength?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, statedLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const parse = (bytes: Uint8Array, size = bytes.length) =>
  parseSafetensorsHeader(bytes, size, 'model.safetensors');
const parseText = (header: string, dataBytes = 0) => parse(fileOf(header, dataBytes));

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    const { message, hint } = error as UserError;
    expect(message).toContain('model.safetensors');
    expect(message).toMatch(/\.$/);
    expect(message).not.toContain('\n');
    expect(hint).toBeTruthy();
    return message;
  }
  throw new Error('the header was accepted');
}

const dtypes = Object.keys(bytesPerElement) as WeightDtype[];

interface Entry {
  name: string;
  dtype: WeightDtype;
  shape: number[];
}

/** Headers of valid files: names of any text, tensors one after the other. */
const validFile = fc
  .record({
    entries: fc.uniqueArray(
      fc.record({
        name: fc.oneof(
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          fc.constantFrom('__proto__', 'constructor', '1'),
        ),
        dtype: fc.constantFrom(...dtypes),
        shape: fc.array(fc.nat(5), { maxLength: 4 }),
      }),
      { selector: (entry: Entry) => entry.name, maxLength: 8 },
    ),
    metadata: fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([key]) => key, maxLength: 4 }),
  })
  .filter(({ entries }) => entries.every(({ name }) => name !== '__metadata__'))
  .map(({ entries, metadata }) => {
    let end = 0;
    const members = entries.map(({ name, dtype, shape }) => {
      const begin = end;
      end += shape.reduce((product, size) => product * size, bytesPerElement[dtype]);
      return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
    });
    const texts = metadata.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    const header = `{${[`"__metadata__":{${texts.join(',')}}`, ...members].join(',')}}`;
    return { entries, metadata, header, dataBytes: end };
  });

/** Every tensor inside the file, of the size of its shape, and no byte shared: what every reader relies on. */
function expectSound({ tensors, size }: SafetensorsFile): void {
  let previousEnd = 0;
  for (const { dtype, shape, offset, byteLength } of [...tensors.values()].sort(
    (a, b) => a.offset - b.offset || a.byteLength - b.byteLength,
  )) {
    expect(byteLength).toBe(shape.reduce((product, extent) => product * extent, bytesPerElement[dtype]));
    expect(offset).toBeGreaterThanOrEqual(previousEnd);
    expect(offset + byteLength).toBeLessThanOrEqual(size);
    previousEnd = offset + byteLength;
  }
}

describe('any input', () => {
  test('arbitrary bytes are read or refused in a sentence', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(1000), (bytes, more) => {
        try {
          expectSound(parse(bytes, bytes.length + more));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: runs },
    );
  });

  test('arbitrary text as header is read or refused in a sentence', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"dtype"',
      '"F32"',
      '"shape"',
      '1',
      '-1',
      '1e9',
      '"data_offsets"',
      '0',
      ' ',
      '"\\ud800"',
      'null',
      '"__metadata__"',
      '"',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), fc.nat(40), (tokens, dataBytes) => {
        try {
          expectSound(parseText(tokens.join(''), dataBytes));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: runs },
    );
  });

  test('valid files come back as they were written', () => {
    fc.assert(
      fc.property(validFile, ({ entries, metadata, header, dataBytes }) => {
        const file = parseText(header, dataBytes);
        expectSound(file);
        expect([...file.tensors.keys()]).toEqual(entries.map(({ name }) => name));
        expect([...file.tensors.values()].map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(
          entries.map(({ dtype, shape }) => ({ dtype, shape })),
        );
        expect([...file.metadata]).toEqual(metadata);
      }),
      { numRuns: runs },
    );
  });

  test('a valid header with one byte changed is refused or still sound, and never means two things', () => {
    fc.assert(
      fc.property(validFile, fc.nat(), fc.nat(255), ({ header, dataBytes }, where, byte) => {
        const bytes = fileOf(header, dataBytes);
        bytes[where % (8 + new TextEncoder().encode(header).length)] = byte;
        let file: SafetensorsFile;
        try {
          file = parse(bytes);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          return;
        }
        expectSound(file);
        // What was accepted must be what every JSON reader sees.
        const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
        const seen = new Map(
          Object.entries(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))),
        );
        seen.delete('__metadata__');
        expect(new Set(file.tensors.keys())).toEqual(new Set(seen.keys()));
        for (const [name, { dtype, shape, offset, byteLength }] of file.tensors) {
          const begin = offset - 8 - length;
          expect(seen.get(name)).toEqual({ dtype, shape, data_offsets: [begin, begin + byteLength] });
        }
      }),
      { numRuns: runs },
    );
  });

  const twoTensors = (a: object, b: object) => `{"a":${JSON.stringify(a)},"b":${JSON.stringify(b)}}`;
  test('moved offsets are refused', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 4, maxLength: 4 }), (offsets) => {
        fc.pre(JSON.stringify(offsets) !== '[0,8,8,16]' && JSON.stringify(offsets) !== '[8,16,0,8]');
        const [a, b, c, d] = offsets;
        const header = twoTensors(
          { dtype: 'F32', shape: [2], data_offsets: [a, b] },
          { dtype: 'F32', shape: [2], data_offsets: [c, d] },
        );
        refusalOf(() => parseText(header, 16));
      }),
      { numRuns: runs },
    );
  });

  test('a repeated name is refused wherever it is', () => {
    fc.assert(
      fc.property(validFile, fc.nat(), fc.boolean(), ({ entries, header, dataBytes }, pick, escaped) => {
        fc.pre(entries.length > 0);
        const { name } = entries[pick % entries.length]!;
        const spelled = escaped
          ? `"${[...name].map((c) => [...Array(c.length).keys()].map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')).join('')}"`
          : JSON.stringify(name);
        const again = `${header.slice(0, -1)},${spelled}:{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`;
        expect(refusalOf(() => parseText(again, dataBytes))).toContain('twice');
      }),
      { numRuns: runs },
    );
  });
});

describe('a malformed header is refused in a sentence that says what is wrong', () => {
  const tensor = (fields: string) => `{"w":{${fields}}}`;
  const cases: [string, () => unknown, RegExp][] = [
    ['empty file', () => parse(new Uint8Array(0)), /it is empty/],
    ['7 bytes', () => parse(new Uint8Array(7).fill(1)), /only 7 bytes/],
    ['length beyond the file', () => parse(fileOf('{}', 0, 500n)), /header of 500 bytes but ends after 10/],
    ['length beyond the cap', () => parse(fileOf('{}', 0, 2n ** 63n)), /header of 9223372036854775808 bytes/],
    ['length 0', () => parse(fileOf('\u0001', 0, 0n)), /header of 0 bytes, too short/],
    ['not UTF-8', () => parse(fileOf(new Uint8Array([0x7b, 0xff, 0x7d]))), /not UTF-8/],
    ['byte order mark', () => parseText('\uFEFF{}'), /not a JSON object/],
    ['not JSON', () => parseText('{"a" 1}'), /not valid JSON \(":" expected at character 5\)/],
    ['not an object', () => parseText('[1, 2]'), /header is not a JSON object/],
    ['text after the header', () => parseText('{} x'), /the end of the header expected/],
    ['trailing comma', () => parseText('{"__metadata__":{},}'), /a name in quotes expected/],
    ['tensor that is no object', () => parseText('{"w":[]}'), /tensor "w" is not a JSON object/],
    ['no dtype', () => parseText(tensor('"shape":[],"data_offsets":[0,4]'), 4), /tensor "w" has no dtype/],
    ['no shape', () => parseText(tensor('"dtype":"F32","data_offsets":[0,4]'), 4), /tensor "w" has no shape/],
    ['no offsets', () => parseText(tensor('"dtype":"F32","shape":[]'), 4), /no pair of data_offsets/],
    [
      'one offset',
      () => parseText(tensor('"dtype":"F32","shape":[],"data_offsets":[0]'), 4),
      /no pair of data_offsets/,
    ],
    [
      'three offsets',
      () => parseText(tensor('"dtype":"F32","shape":[],"data_offsets":[0,4,8]'), 8),
      /more than 2 entries/,
    ],
    ['unknown field', () => parseText(tensor('"dtype":"F32","extra":1')), /unknown field "extra"/],
    ['field twice', () => parseText(tensor('"dtype":"F32","dtype":"F16"')), /states its dtype twice/],
    [
      'field twice, escaped',
      () => parseText(tensor('"dtype":"F32","\\u0064type":"F16"')),
      /states its dtype twice/,
    ],
    [
      'unknown dtype',
      () => parseText(tensor('"dtype":"Q4_0","shape":[1],"data_offsets":[0,1]'), 1),
      /element type "Q4_0"/,
    ],
    [
      'inherited dtype',
      () => parseText(tensor('"dtype":"toString","shape":[1],"data_offsets":[0,1]'), 1),
      /element type "toString"/,
    ],
    ['dtype that is no text', () => parseText(tensor('"dtype":3')), /the dtype of tensor "w" is not a text/],
    [
      'shape that is no list',
      () => parseText(tensor('"dtype":"F32","shape":4')),
      /the shape of tensor "w" is not a list/,
    ],
    [
      'negative size',
      () => parseText(tensor('"dtype":"F32","shape":[-1]')),
      /holds -1, which is not a whole number/,
    ],
    ['fractional size', () => parseText(tensor('"dtype":"F32","shape":[1.5]')), /holds 1.5/],
    ['exponent', () => parseText(tensor('"dtype":"F32","shape":[1e2]')), /holds 1e2/],
    ['leading zero', () => parseText(tensor('"dtype":"F32","shape":[01]')), /holds 01/],
    [
      'size beyond exact integers',
      () => parseText(tensor('"dtype":"F32","shape":[9007199254740992]')),
      /9007199254740992/,
    ],
    [
      'size as text',
      () => parseText(tensor('"dtype":"F32","shape":["4"]')),
      /something that is not a number/,
    ],
    [
      'product overflow',
      () =>
        parseText(tensor('"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0]')),
      /more elements than any file could hold/,
    ],
    [
      'overflow hidden behind a zero',
      () => parseText(tensor('"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]')),
      /more elements than any file could hold/,
    ],
    [
      'too many dimensions',
      () => parseText(tensor(`"dtype":"F32","shape":[${Array(33).fill(1)}]`)),
      /more than 32 entries/,
    ],
    [
      'offsets reversed',
      () => parseText(tensor('"dtype":"F32","shape":[1],"data_offsets":[4,0]'), 4),
      /ends at 0, before its beginning at 4/,
    ],
    [
      'offsets negative',
      () => parseText(tensor('"dtype":"F32","shape":[1],"data_offsets":[-4,0]'), 4),
      /holds -4/,
    ],
    [
      'offsets against shape',
      () => parseText(tensor('"dtype":"F32","shape":[2],"data_offsets":[0,4]'), 4),
      /needs 8 bytes but its data_offsets give it 4/,
    ],
    [
      'overlap',
      () =>
        parseText(
          '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}',
          6,
        ),
      /tensors "a" and "b" overlap/,
    ],
    [
      'the same bytes twice',
      () =>
        parseText(
          '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
          4,
        ),
      /overlap/,
    ],
    [
      'hole',
      () =>
        parseText(
          '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[6,10]}}',
          10,
        ),
      /2 bytes before tensor "b" belong to no tensor/,
    ],
    [
      'data short',
      () => parseText(tensor('"dtype":"U8","shape":[4],"data_offsets":[0,4]'), 3),
      /cut off: its tensors need 6\d bytes/,
    ],
    [
      'data left over',
      () => parseText(tensor('"dtype":"U8","shape":[4],"data_offsets":[0,4]'), 9),
      /5 bytes after its last tensor/,
    ],
    [
      'metadata that is no object',
      () => parseText('{"__metadata__":"x"}'),
      /__metadata__ is not a JSON object/,
    ],
    ['metadata number', () => parseText('{"__metadata__":{"a":1}}'), /entry "a" is not a text/],
    ['metadata key twice', () => parseText('{"__metadata__":{"a":"1","a":"2"}}'), /holds "a" twice/],
    ['metadata twice', () => parseText('{"__metadata__":{},"__metadata__":{}}'), /__metadata__ twice/],
    ['lone surrogate', () => parseText('{"\\ud800":{}}'), /a valid escape/],
    ['bad escape', () => parseText('{"\\x":{}}'), /a valid escape/],
    ['line break in a name', () => parseText('{"a\nb":{}}'), /the end of a text expected/],
    ['unfinished name', () => parseText('{"abc'), /the end of a text expected/],
    ['deep nesting', () => parseText('['.repeat(200_000)), /not a JSON object/],
  ];
  test.each(cases)('%s', (_, run, expected) => {
    expect(refusalOf(run)).toMatch(expected);
  });

  test('more tensors than any model has', () => {
    const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
    const header = (count: number) =>
      `{${Array.from({ length: count }, (_, i) => `"${i}":${entry}`).join(',')}}`;
    expect(parseText(header(100_000)).tensors.size).toBe(100_000);
    expect(refusalOf(() => parseText(header(100_001)))).toContain('more than 100000 tensors');
  });

  test('a long or strange name is shown short and escaped', () => {
    const message = refusalOf(() => parseText(`{"${'x'.repeat(5000)}\\u001b[31m":3}`));
    expect(message.length).toBeLessThan(300);
    expect(refusalOf(() => parseText('{"\\u001b[31m":3}'))).toContain('\\u001b');
  });
});

test('prototype names are ordinary names', () => {
  const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
  const { tensors, metadata } = parseText(
    `{"__proto__":${entry},"constructor":${entry},"__metadata__":{"__proto__":"x"}}`,
  );
  expect([...tensors.keys()]).toEqual(['__proto__', 'constructor']);
  expect(metadata.get('__proto__')).toBe('x');
  expect(({} as Record<string, unknown>).dtype).toBeUndefined();
});

test('spaces after the header and tensors out of order are fine', () => {
  const header =
    '{ "b" : {"data_offsets":[4,8],"dtype":"F32","shape":[]} ,\n "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   ';
  const { tensors } = parseText(header, 8);
  expect(tensors.get('a')?.offset).toBe(8 + header.length);
  expect(tensors.get('b')).toMatchObject({ shape: [], offset: 8 + header.length + 4, byteLength: 4 });
});

describe('other files are recognised', () => {
  const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const cases: [string, Uint8Array, RegExp][] = [
    ['PyTorch zip', ascii(`PK\x03\x04\x00\x00\x08\x08${'\0'.repeat(40)}archive/data.pkl`), /zip archive/],
    ['pickle', ascii(`\x80\x02}q\x00(X\x05\x00\x00\x00state${'a'.repeat(20)}`), /Python pickle/],
    ['GGUF', ascii(`GGUF\x03\0\0\0${'\0'.repeat(20)}`), /GGUF/],
    [
      'git-lfs pointer',
      ascii('version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n'),
      /git-lfs pointer/,
    ],
    ['web page', ascii('<!DOCTYPE html><html><head><title>Sign in</title>'), /web page/],
    ['error as JSON', ascii('{"error": "Entry not found"}'), /JSON text/],
    ['zeros', new Uint8Array(2000), /filled with zeros/],
  ];
  test.each(cases)('%s', (_, bytes, expected) => {
    expect(refusalOf(() => parse(bytes))).toMatch(expected);
  });
});
