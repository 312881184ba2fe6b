import { quoted } from '../checkpoints/wording.ts';
import { LENGTH, ProtoError, type ProtoReader } from './proto-reader.ts';
import type { DataFiles, StatedPlace } from './scan-data.ts';
import { type Dtype, dtypeCodes, type Initializer } from './types.ts';

const dtypesByCode = new Map<number, Dtype>(
  Object.entries(dtypeCodes).map(([name, code]) => [code, name as Dtype]),
);

/** The element type behind a code of ONNX, where a graph of ours may use it. */
export const dtypeOfCode = (code: number): Dtype | undefined => dtypesByCode.get(code);

/** Bits of one element. */
const bits: Readonly<Record<Dtype, number>> = {
  float32: 32,
  float16: 16,
  bfloat16: 16,
  float64: 64,
  float8e4m3fn: 8,
  float8e5m2: 8,
  int64: 64,
  int32: 32,
  int16: 16,
  int8: 8,
  int4: 4,
  uint64: 64,
  uint32: 32,
  uint16: 16,
  uint8: 8,
  uint4: 4,
  bool: 8,
};

/** Bytes of a tensor as ONNX packs it. */
const bytesOf = (dtype: Dtype, elements: number): number => Math.ceil((elements * bits[dtype]) / 8);

/** Up to this size a tensor is copied as it is; larger ones stay in their file. */
const SMALL = 64 * 1024;
/** Values that are not kept as raw bytes cannot stay in the file; more of them than this are refused. */
const MOST_COPIED = 16 * 1024 * 1024;
const MOST_DIMS = 16;
const LONGEST_NAME = 4096;
const LONGEST_VALUE = 1_000_000;

/** TensorProto.DataLocation. */
const EXTERNAL = 1;

const RAW = 9;
const FLOATS = 4;
const NAME = 8;

/**
 * Reads a TensorProto that is the next value of `reader`. Its weights are not read: large ones become
 * a place in a file, be it the model's own or one beside it.
 *
 * @param model the file that `reader` reads; undefined where it reads from memory
 * @throws ProtoError for sizes that contradict each other or the files
 */
export function scanTensor(
  reader: ProtoReader,
  model: string | undefined,
  data: DataFiles | undefined,
): Initializer {
  const length = reader.length();
  const from = reader.position;
  const shape: number[] = [];
  let name = '';
  let code = 0;
  let isExternal = false;
  let stored: { readonly field: number; readonly offset: number; readonly length: number } | undefined;
  const stated = new Map<string, string>();

  reader.within(length, (field) => {
    const { number, wire } = field;
    if (number === 1) reader.integers(field, shape, MOST_DIMS);
    else if (number === 2) code = reader.integer();
    else if (number === 3) throw new ProtoError('it holds a tensor in segments, which nothing writes');
    else if (number === NAME) name = reader.text(LONGEST_NAME);
    else if (number === 13) stated.set(...scanEntry(reader));
    else if (number === 14) isExternal = reader.integer() === EXTERNAL;
    else if (wire === LENGTH && [RAW, FLOATS].includes(number)) {
      const size = reader.length();
      stored = { field: number, offset: reader.position, length: size };
      reader.pass(size);
    } else reader.skip(field);
  });

  const dtype = dtypeOfCode(code);
  if (!dtype) throw new ProtoError(`its tensor ${quoted(name)} has the unknown element type ${code}`);
  const needed = bytesOf(dtype, elementsOf(shape, name));
  if (isExternal) {
    if (!data) throw new ProtoError(`its tensor ${quoted(name)} lies in another file, inside an operator`);
    return { name, dtype, shape, data: { kind: 'file', ...data.place(placeOf(stated, name), needed, name) } };
  }
  // float_data is packed as raw bytes are.
  const isRaw =
    stored !== undefined && (stored.field === RAW || (stored.field === FLOATS && dtype === 'float32'));
  if (isRaw && stored && stored.length !== needed)
    throw new ProtoError(`its tensor ${quoted(name)} needs ${needed} bytes and has ${stored.length}`);
  if (isRaw && stored && model !== undefined && needed > SMALL)
    return { name, dtype, shape, data: { kind: 'file', file: model, offset: stored.offset, length: needed } };
  if (length > MOST_COPIED)
    throw new ProtoError(`its tensor ${quoted(name)} is written value by value, ${length} bytes of it`);
  return { name, dtype, shape, data: { kind: 'encoded', bytes: reader.copy(from, length) } };
}

/** A StringStringEntryProto. */
export function scanEntry(reader: ProtoReader): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  reader.message((field) => {
    if (field.number === 1 || field.number === 2) entry[field.number - 1] = reader.text(LONGEST_VALUE);
    else reader.skip(field);
  });
  return entry;
}

function elementsOf(shape: readonly number[], name: string): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(elements) || elements > 2 ** 48)
    throw new ProtoError(`its tensor ${quoted(name)} has the impossible shape [${shape.join(', ')}]`);
  return elements;
}

function placeOf(stated: ReadonlyMap<string, string>, name: string): StatedPlace {
  const number = (key: string): number | undefined => {
    const text = stated.get(key);
    if (text === undefined) return undefined;
    if (!/^\d{1,16}$/.test(text))
      throw new ProtoError(`its weight ${quoted(name)} has the ${key} ${quoted(text)}`);
    return Number(text);
  };
  return { location: stated.get('location') ?? '', offset: number('offset') ?? 0, length: number('length') };
}
