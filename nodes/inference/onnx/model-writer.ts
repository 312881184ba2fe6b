import { parse, sep } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import {
  type Attribute,
  type Dim,
  dtypeCodes,
  type GraphModel,
  type GraphNode,
  type Initializer,
  type Value,
} from './types.ts';

/** Wire types of protocol buffers. */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

const IR_VERSION = 10;
const OPSETS: Readonly<Record<string, number>> = { '': 20, 'com.microsoft': 1 };

const message = (writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void => {
  writer.tag(field, BYTES).fork();
  write(writer);
  writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string) => writer.tag(field, BYTES).string(value);
const int = (writer: BinaryWriter, field: number, value: number) => writer.tag(field, VARINT).int64(value);

/** ONNX AttributeProto.AttributeType. */
const attributeTypes: Readonly<Record<Attribute['kind'], number>> = {
  float: 1,
  int: 2,
  string: 3,
  graph: 5,
  ints: 7,
};

function writeAttribute(writer: BinaryWriter, name: string, attribute: Attribute): void {
  text(writer, 1, name);
  switch (attribute.kind) {
    case 'float':
      writer.tag(2, FIXED32).float(attribute.value);
      break;
    case 'int':
      int(writer, 3, attribute.value);
      break;
    case 'string':
      text(writer, 4, attribute.value);
      break;
    case 'graph':
      message(writer, 6, (inner) => writeGraph(inner, attribute.value));
      break;
    case 'ints':
      for (const value of attribute.value) int(writer, 8, value);
  }
  int(writer, 20, attributeTypes[attribute.kind]);
}

function writeNode(writer: BinaryWriter, node: GraphNode): void {
  if (node.encoded) {
    writer.raw(node.encoded);
    return;
  }
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, node.name);
  text(writer, 4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes))
    message(writer, 5, (inner) => writeAttribute(inner, name, attribute));
  if (node.domain) text(writer, 7, node.domain);
}

/**
 * Where external data lies, relative to the root of the file system: sessions are created with that
 * folder, so weights may be anywhere.
 */
export const externalLocation = (file: string): string =>
  file.slice(parse(file).root.length).split(sep).join('/');

function writeInitializer(writer: BinaryWriter, { name, dtype, shape, data }: Initializer): void {
  if (data.kind === 'encoded') {
    writer.raw(data.bytes);
    return;
  }
  for (const size of shape) int(writer, 1, size);
  int(writer, 2, dtypeCodes[dtype]);
  text(writer, 8, name);
  if (data.kind === 'inline') {
    writer.tag(9, BYTES).bytes(data.bytes);
    return;
  }
  const entries = {
    location: externalLocation(data.file),
    offset: String(data.offset),
    length: String(data.length),
  };
  for (const [key, value] of Object.entries(entries))
    message(writer, 13, (inner) => {
      text(inner, 1, key);
      text(inner, 2, value);
    });
  int(writer, 14, 1);
}

function writeDim(writer: BinaryWriter, dim: Dim): void {
  if (typeof dim === 'number') int(writer, 1, dim);
  else text(writer, 2, dim);
}

function writeValue(writer: BinaryWriter, { name, dtype, shape }: Value): void {
  text(writer, 1, name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      int(tensor, 1, dtypeCodes[dtype]);
      message(tensor, 2, (dims) => {
        for (const dim of shape) message(dims, 1, (inner) => writeDim(inner, dim));
      });
    }),
  );
}

function writeGraph(writer: BinaryWriter, graph: GraphModel): void {
  for (const node of graph.nodes) message(writer, 1, (inner) => writeNode(inner, node));
  text(writer, 2, graph.name);
  for (const initializer of graph.initializers)
    message(writer, 5, (inner) => writeInitializer(inner, initializer));
  for (const value of graph.inputs) message(writer, 11, (inner) => writeValue(inner, value));
  for (const value of graph.outputs) message(writer, 12, (inner) => writeValue(inner, value));
}

/** Serialises a graph as an ONNX ModelProto; equal graphs give equal bytes. */
export function writeModel(graph: GraphModel): Uint8Array {
  const writer = new BinaryWriter();
  int(writer, 1, IR_VERSION);
  text(writer, 2, 'kronode');
  message(writer, 7, (inner) => writeGraph(inner, graph));
  for (const [domain, version] of Object.entries(graph.opsets ?? OPSETS))
    message(writer, 8, (inner) => {
      text(inner, 1, domain);
      int(inner, 2, version);
    });
  return writer.finish();
}
