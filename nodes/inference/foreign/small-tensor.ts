import { closeSync, openSync, readSync } from 'node:fs';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { toFloat32 } from '../checkpoints/float-conversion.ts';
import type { WeightDtype } from '../checkpoints/weights.ts';
import type { Dtype, Initializer } from '../onnx/types.ts';

/** The most elements that are read to understand a graph. */
const MOST_ELEMENTS = 4096;

/** Names of element types in safetensors. */
const storedAs: Partial<Record<Dtype, WeightDtype>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float64: 'F64',
  int64: 'I64',
  int32: 'I32',
  uint8: 'U8',
};

/** Values of a small constant of a graph, or undefined where it is large or of another type. */
export const smallValues = (tensor: Initializer): Float32Array | undefined =>
  tensor.shape.reduce((product, size) => product * size, 1) > MOST_ELEMENTS ? undefined : valuesOf(tensor);

/** Values of a tensor of a graph as float32, or undefined where it is of another type. */
export function valuesOf({ shape, dtype, data }: Initializer): Float32Array | undefined {
  const count = shape.reduce((product, size) => product * size, 1);
  const stored = storedAs[dtype];
  if (stored === undefined) return undefined;
  if (data.kind === 'encoded') return decode(data.bytes, stored, count);
  const bytes = data.kind === 'inline' ? data.bytes : readPiece(data.file, data.offset, data.length);
  return floatsOf(stored, bytes, count);
}

function floatsOf(stored: WeightDtype, bytes: Uint8Array, count: number): Float32Array {
  const values = new Float32Array(count);
  toFloat32(stored, Uint8Array.from(bytes), values, 0);
  return values;
}

function readPiece(file: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes, 0, length, offset);
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/** Fields of TensorProto that hold values one by one. */
const FLOATS = 4;
const INT32S = 5;
const INT64S = 7;
const RAW = 9;
const DOUBLES = 10;

function decode(encoded: Uint8Array, stored: WeightDtype, count: number): Float32Array | undefined {
  const reader = new BinaryReader(encoded);
  const values: number[] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === RAW) return floatsOf(stored, reader.bytes(), count);
    const read = {
      [FLOATS]: () => reader.float(),
      [INT32S]: () => reader.int32(),
      [INT64S]: () => Number(reader.int64()),
      [DOUBLES]: () => reader.double(),
    }[field];
    if (!read) reader.skip(wire, field);
    else if (wire !== 2) values.push(read());
    else for (const end = reader.uint32() + reader.pos; reader.pos < end; ) values.push(read());
  }
  if (values.length !== count) return undefined;
  if (stored !== 'F16' && stored !== 'BF16') return Float32Array.from(values);
  // Half precision is kept as its bits in int32_data.
  const bits = Uint16Array.from(values);
  return floatsOf(stored, new Uint8Array(bits.buffer), count);
}
