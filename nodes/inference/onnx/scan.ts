import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '../../core/errors.ts';
import { recogniseForeign } from '../checkpoints/foreign-files.ts';
import { fileError, quoted } from '../checkpoints/wording.ts';
import { type ByteSource, ProtoError, ProtoReader } from './proto-reader.ts';
import { DataFiles } from './scan-data.ts';
import { knownDomain, type ScannedNode, scanNode } from './scan-node.ts';
import { dtypeOfCode, scanEntry, scanTensor } from './scan-tensor.ts';
import { sortNodes } from './sort-nodes.ts';
import type { Dim, Dtype, Initializer, Value } from './types.ts';

/** Somebody else's ONNX model, read as far as its structure. */
export interface ScannedModel {
  /** Absolute path of the .onnx file. */
  readonly file: string;
  /** Absolute paths of the files its weights lie in beside it. */
  readonly dataFiles: readonly string[];
  /** Bytes of weights. */
  readonly weightBytes: number;
  /** In an order in which they can be computed. */
  readonly nodes: readonly ScannedNode[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  /** What has to be fed; a size that is not fixed has a name. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: ReadonlyMap<string, string>;
}

const MOST_NODES = 200_000;
const MOST_INITIALIZERS = 200_000;
const MOST_VALUES = 1000;
const MOST_ENTRIES = 10_000;
const LONGEST_NAME = 4096;
/** Bytes of operators that are kept in memory, small constants included. */
const MOST_NODE_BYTES = 256 * 1024 * 1024;
/** Versions of the format that have been published. */
const IR_VERSIONS = { min: 3, max: 20 };

/** Whether a file that begins so may be an ONNX model: its format has no mark, only a usual beginning. */
export const looksLikeOnnx = (start: Uint8Array): boolean => {
  // ir_version first, then the producer, the graph or an operator set.
  const [key = 0, version = 0, next = 0] = start;
  return (
    key === 0x08 &&
    version >= 1 &&
    version <= IR_VERSIONS.max &&
    [0x12, 0x1a, 0x22, 0x3a, 0x42].includes(next)
  );
};

/**
 * Reads an ONNX model without trusting it, before the runtime sees it: sizes, names, operator sets
 * and the places of its weights are checked, the weights themselves are not read.
 *
 * @param file absolute path
 * @throws UserError in one sentence for anything that is not a sound model
 */
export function scanModel(file: string): ScannedModel {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    throw fileError(error, file, 'read');
  }
  try {
    const status = fstatSync(handle);
    if (!status.isFile()) throw new ProtoError('it is no file');
    return scan(file, fileSource(handle, status.size));
  } catch (error) {
    if (!(error instanceof ProtoError)) throw fileError(error, file, 'read');
    const foreign = recogniseForeign(startOf(handle));
    throw new UserError(`${file} cannot be used: ${foreign ? `it is ${foreign.what}` : error.message}.`, {
      hint:
        foreign?.instead ??
        hints.find(([sign]) => sign.test(error.message))?.[1] ??
        'Download the file again, or use another export.',
      cause: error,
    });
  } finally {
    closeSync(handle);
  }
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/with its weights is missing/, 'Download all files of the model into one folder, under their own names.'],
  [/out of its folder|not inside its own folder/, 'Use a model whose files lie together in one folder.'],
  [/cut off/, 'The download was not finished or the files belong to different versions; fetch them again.'],
];

/** The first bytes of what is open; none where that is no file. */
function startOf(handle: number): Uint8Array {
  const bytes = Buffer.alloc(fstatSync(handle).isFile() ? 512 : 0);
  return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
}

const fileSource = (handle: number, size: number): ByteSource => ({
  size,
  read(offset, length) {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const read = readSync(handle, bytes, done, length - done, offset + done);
      if (read === 0) throw new ProtoError('it became shorter while it was read');
      done += read;
    }
    return bytes;
  },
});

function scan(file: string, source: ByteSource): ScannedModel {
  const reader = new ProtoReader(source);
  const opsets: Record<string, number> = {};
  const metadata = new Map<string, string>();
  let ir = 0;
  let graph: ScannedGraph | undefined;
  const data = new DataFiles(file);
  for (let field = reader.next(); field; field = reader.next()) {
    switch (field.number) {
      case 1:
        ir = reader.integer();
        break;
      case 7:
        if (graph) throw new ProtoError('it holds two graphs');
        graph = scanGraph(reader, file, data);
        break;
      case 8: {
        let domain = '';
        let version = 0;
        reader.message((inner) => {
          if (inner.number === 1) domain = reader.text(LONGEST_NAME);
          else if (inner.number === 2) version = reader.integer();
          else reader.skip(inner);
        });
        // Declared and unused sets of other makers are common and do no harm.
        const known = knownDomain(domain);
        if (known !== undefined) opsets[known] = version;
        break;
      }
      case 14: {
        const [key, value] = scanEntry(reader);
        if (metadata.size < MOST_ENTRIES) metadata.set(key, value);
        break;
      }
      case 25:
        throw new ProtoError('it brings functions of its own; export it with functions inlined');
      default:
        reader.skip(field);
    }
  }
  if (!graph || ir < IR_VERSIONS.min || ir > IR_VERSIONS.max || opsets[''] === undefined)
    throw new ProtoError('it is no ONNX model');
  return { ...finish(graph), file, dataFiles: data.files, opsets, metadata };
}

interface ScannedGraph {
  readonly nodes: ScannedNode[];
  readonly initializers: Map<string, Initializer>;
  readonly inputs: Value[];
  readonly outputs: Value[];
}

function scanGraph(reader: ProtoReader, file: string, data: DataFiles): ScannedGraph {
  const graph: ScannedGraph = { nodes: [], initializers: new Map(), inputs: [], outputs: [] };
  let nodeBytes = 0;
  reader.message((field) => {
    switch (field.number) {
      case 1: {
        if (graph.nodes.length >= MOST_NODES) throw new ProtoError('it has more operators than any model');
        const node = scanNode(reader, 0);
        nodeBytes += node.encoded.length;
        if (nodeBytes > MOST_NODE_BYTES)
          throw new ProtoError('its operators take more memory than any model');
        graph.nodes.push(node);
        break;
      }
      case 5: {
        if (graph.initializers.size >= MOST_INITIALIZERS)
          throw new ProtoError('it has more weights than any model');
        const initializer = scanTensor(reader, file, data);
        if (graph.initializers.has(initializer.name))
          throw new ProtoError(`it has two weights called ${quoted(initializer.name)}`);
        graph.initializers.set(initializer.name, initializer);
        break;
      }
      case 11:
      case 12: {
        const list = field.number === 11 ? graph.inputs : graph.outputs;
        // Old models list every weight among the inputs.
        if (list.length >= MOST_INITIALIZERS) throw new ProtoError('it has more inputs than any model');
        list.push(scanValue(reader));
        break;
      }
      case 15:
        throw new ProtoError('it holds sparse weights, which are not read');
      default:
        reader.skip(field);
    }
  });
  return graph;
}

/** A ValueInfoProto that holds a tensor. */
function scanValue(reader: ProtoReader): Value {
  let name = '';
  let dtype: Dtype | undefined;
  const shape: Dim[] = [];
  reader.message((field) => {
    if (field.number === 1) name = reader.text(LONGEST_NAME);
    else if (field.number === 2)
      reader.message((type) => {
        if (type.number !== 1) return reader.skip(type);
        reader.message((tensor) => {
          if (tensor.number === 1) dtype = dtypeOfCode(reader.integer());
          else if (tensor.number === 2)
            reader.message((dims) => {
              if (dims.number !== 1) return reader.skip(dims);
              let dim: Dim = `${name}_${shape.length}`;
              reader.message((part) => {
                if (part.number === 1) dim = reader.integer();
                else if (part.number === 2) dim = reader.text(LONGEST_NAME) || dim;
                else reader.skip(part);
              });
              shape.push(typeof dim === 'number' && dim < 1 ? `${name}_${shape.length}` : dim);
            });
          else reader.skip(tensor);
        });
      });
    else reader.skip(field);
  });
  if (!dtype) throw new ProtoError(`its input or output ${quoted(name)} is no tensor of a known type`);
  return { name, dtype, shape };
}

function finish({ nodes, initializers, inputs, outputs }: ScannedGraph) {
  const fed = inputs.filter(({ name }) => !initializers.has(name));
  if (fed.length === 0 || fed.length > MOST_VALUES || outputs.length === 0 || outputs.length > MOST_VALUES)
    throw new ProtoError('it has no inputs or outputs that could be used');
  const known = new Set([...fed.map(({ name }) => name), ...initializers.keys()]);
  const sorted = sortNodes(nodes, known, ({ uses }) => uses);
  if (typeof sorted === 'string') throw new ProtoError(sorted);
  const made = new Set([...known, ...sorted.flatMap((node) => node.outputs)]);
  const lost = outputs.find(({ name }) => !made.has(name));
  if (lost) throw new ProtoError(`nothing makes its output ${quoted(lost.name)}`);
  let weightBytes = 0;
  for (const { data } of initializers.values())
    weightBytes += data.kind === 'file' ? data.length : data.bytes.length;
  return { nodes: sorted, initializers, inputs: fed, outputs, weightBytes };
}
