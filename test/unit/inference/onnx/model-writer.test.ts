import { BinaryReader } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../../../nodes/inference/onnx/graph.ts';
import { externalLocation, writeModel } from '../../../../nodes/inference/onnx/model-writer.ts';

/** Fields of a message: strings for length-delimited ones that are asked for as text, bytes otherwise. */
function fields(bytes: Uint8Array): Map<number, (Uint8Array | string)[]> {
  const reader = new BinaryReader(bytes);
  const found = new Map<number, (Uint8Array | string)[]>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const entry =
      type === 2 ? reader.bytes() : String(type === 0 ? reader.int64() : reader.skip(type, field));
    found.set(field, [...(found.get(field) ?? []), entry]);
  }
  return found;
}
const text = (value: Uint8Array | string | undefined) =>
  typeof value === 'string' ? value : new TextDecoder().decode(value);
const inner = (message: Map<number, (Uint8Array | string)[]>, field: number) =>
  (message.get(field) ?? []).map((entry) => fields(entry as Uint8Array));

const sample = () => {
  const graph = new Graph('sample');
  const weight = graph.weight('w', {
    dtype: 'BF16',
    shape: [3, 4],
    file: '/models/a b/transformer.safetensors',
    offset: 5_000_000_003,
    byteLength: 24,
  });
  graph.output('y', graph.linear(graph.input('x', 'float32', ['rows', 4]), weight));
  return writeModel(graph.build());
};

describe('model writer', () => {
  it('gives the same bytes for the same graph', () => {
    expect(sample()).toEqual(sample());
  });

  it('points at the bytes of a weight inside its file, beyond 4 GB too', () => {
    const [graph] = inner(fields(sample()), 7);
    const [initializer] = inner(graph!, 5);
    const entries = inner(initializer!, 13).map((entry) => [
      text(entry.get(1)?.[0]),
      text(entry.get(2)?.[0]),
    ]);
    expect(Object.fromEntries(entries)).toEqual({
      location: 'models/a b/transformer.safetensors',
      offset: '5000000003',
      length: '24',
    });
    // EXTERNAL, and no data in the model itself.
    expect(initializer!.get(14)).toEqual(['1']);
    expect(initializer!.has(9)).toBe(false);
  });

  it('writes inputs with the names of open sizes', () => {
    const [graph] = inner(fields(sample()), 7);
    const [input] = inner(graph!, 11);
    const [type] = inner(input!, 2);
    const [tensor] = inner(type!, 1);
    const [shape] = inner(tensor!, 2);
    const [rows, columns] = inner(shape!, 1);
    expect(text(rows!.get(2)?.[0])).toBe('rows');
    expect(columns!.get(1)).toEqual(['4']);
  });

  it.skipIf(process.platform === 'win32')('locates files from the root', () => {
    expect(externalLocation('/data/x/y.safetensors')).toBe('data/x/y.safetensors');
  });

  it.runIf(process.platform === 'win32')('locates files from the root of their drive', () => {
    expect(externalLocation('D:\\models\\y.safetensors')).toBe('models/y.safetensors');
  });
});
