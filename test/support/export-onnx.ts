import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ComputeType } from '../../nodes/core/precision.ts';
import { LiveBranches } from '../../nodes/inference/adapters/live-branch.ts';
import { decoderGraph } from '../../nodes/inference/autoencoder-kl/decoder-graph.ts';
import { encoderGraph } from '../../nodes/inference/autoencoder-kl/encoder-graph.ts';
import { bytesPerElement } from '../../nodes/inference/checkpoints/dtypes.ts';
import { toFloat32 } from '../../nodes/inference/checkpoints/float-conversion.ts';
import { fromFloat32 } from '../../nodes/inference/checkpoints/float-narrowing.ts';
import type { OpenedPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import type { NetworkWeights } from '../../nodes/inference/checkpoints/weights.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import { attr } from '../../nodes/inference/onnx/graph-builder.ts';
import { writeModel } from '../../nodes/inference/onnx/model-writer.ts';
import type { Dim, Dtype, GraphModel, Initializer, Value } from '../../nodes/inference/onnx/types.ts';
import { buildQwen3Graph } from '../../nodes/inference/qwen3/graph.ts';
import { causalMask, ropeTables as textRope } from '../../nodes/inference/qwen3/rope.ts';
import { ZImageBlocks } from '../../nodes/inference/zimage/block.ts';
import { buildCaptionGraph, buildStepGraph } from '../../nodes/inference/zimage/graphs.ts';
import { captionPositions, imagePositions, paddedLength } from '../../nodes/inference/zimage/positions.ts';
import { ropeTables } from '../../nodes/inference/zimage/rope.ts';

/** A graph as exporters write it: its former inputs are computed or constant, weights may lose their names. */
class ExportGraph extends Graph {
  readonly #bound = new Map<string, Value>();
  readonly #style: ExportStyle;
  #products = 0;

  constructor(name: string, compute: ComputeType, style: ExportStyle) {
    super(name, compute);
    this.#style = style;
  }

  bind(name: string, value: Value): void {
    this.#bound.set(name, value);
  }

  override input(name: string, dtype: Dtype, shape: readonly Dim[]): Value {
    const bound = this.#bound.get(name);
    return bound ? { ...bound, shape } : super.input(name, dtype, shape);
  }

  override real(name: string, shape: readonly Dim[]): Value {
    const bound = this.#bound.get(name);
    return bound ? { ...bound, shape } : super.real(name, shape);
  }

  override linear(x: Value, weight: Parameters<Graph['linear']>[1], bias?: Value): Value {
    if (this.#style === 'named' || 'codes' in weight || 'slices' in weight)
      return super.linear(x, weight, bias);
    if (this.#style !== 'traced') return this.#quantised(x, weight, bias);
    // x keeps its batch, the weight is stored [in, out] and has lost its name.
    const [out = 0, inner = 0] = weight.shape;
    const turned: Value = {
      name: `onnx::MatMul_${this.#products++}<${weight.name}`,
      dtype: x.dtype,
      shape: [inner, out],
    };
    const batched = this.reshape(x, [1, -1, Number(inner)]);
    const product = this.emit('MatMul', [batched, turned], { dtype: x.dtype, shape: [1, x.shape[0]!, out] });
    const y = bias ? this.emit('Add', [bias, product], product) : product;
    return this.reshape(y, [-1, Number(out)]);
  }

  #quantised(x: Value, weight: Value, bias?: Value): Value {
    const [out = 0, inner = 0] = weight.shape.map(Number);
    const result = { dtype: x.dtype, shape: [x.shape[0]!, out] };
    const stored = (kind: string, dtype: Dtype): Value => ({
      name: `${weight.name.replace('.weight', '.MatMul.weight')}_${kind}<${weight.name}`,
      dtype,
      shape: [],
    });
    if (this.#style === 'int4') {
      if (inner % 32 !== 0) return super.linear(x, weight, bias);
      const product = this.emit(
        'MatMulNBits',
        [x, stored('Q4', 'uint8'), stored(`scales_${this.compute}`, this.compute)],
        result,
        { K: attr.int(inner), N: attr.int(out), bits: attr.int(4), block_size: attr.int(32) },
        'com.microsoft',
      );
      return bias ? this.add(product, bias) : product;
    }
    const one = { dtype: 'float32', shape: [] } as const;
    const [codes, scale, zero] = this.emitAll(
      'DynamicQuantizeLinear',
      [x],
      [{ dtype: 'uint8', shape: x.shape }, one, { dtype: 'uint8', shape: [] }],
    );
    const whole = this.emit('MatMulInteger', [codes, stored('Q8', 'int8'), zero], {
      ...result,
      dtype: 'int32',
    });
    const scales = this.emit('Mul', [scale, stored('scale', 'float32')], one);
    const product = this.emit('Mul', [this.cast(whole, 'float32'), scales], result);
    return bias ? this.add(product, bias) : product;
  }

  sinusoid(x: Value): Value {
    return this.concat([this.emit('Cos', [x], x), this.emit('Sin', [x], x)], 1);
  }

  negated = (x: Value): Value => this.emit('Neg', [x], x);
  gather = (table: Value, ids: Value, width: number): Value =>
    this.emit('Gather', [table, ids], { dtype: table.dtype, shape: ['tokens', width] });

  floatTensor = (dims: readonly number[], data: Float32Array): Value => this.constant(data, dims);
}

/**
 * `int4`: MatMulNBits of 32 weights a block. `int8`: activations quantised while running.
 * `named`: Gemm with the checkpoint's names. `traced`: MatMul with stored transposes and
 * numbers for names.
 */
type ExportStyle = 'named' | 'traced' | 'int4' | 'int8';

export interface TransformerExport {
  readonly height: number;
  readonly width: number;
  /** Caption tokens as they are fed. */
  readonly tokens: number;
  readonly compute?: ComputeType;
  readonly style?: ExportStyle;
  /** `bundle`: five axes, captions padded inside. `standalone`: four axes, the caller pads. */
  readonly contract: 'bundle' | 'standalone';
  /** What the graph is fed as time: 1 − sigma, sigma, or thousandths of sigma. */
  readonly time?: 'reversed' | 'sigma' | 'thousandths';
  /** Gives the velocity in place of its negative. */
  readonly positive?: boolean;
}

/** Where captions come filled up, nothing replaces their padding. */
class UnpaddedBlocks extends ZImageBlocks {
  override withPadToken(x: Value): Value {
    return x;
  }
}

const frequencies = Float32Array.from({ length: 128 }, (_, k) => Math.exp((-Math.log(10_000) * k) / 128));

/** A transformer as exporters write it, for one size of picture and caption. */
export function exportTransformer(
  { weights, config }: Pick<OpenedPart<'transformer'>, 'weights' | 'config'>,
  options: TransformerExport,
): GraphModel {
  const {
    height,
    width,
    tokens,
    compute = 'float32',
    style = 'named',
    contract,
    time = 'reversed',
  } = options;
  const { inChannels: channels, axesDims, ropeTheta, dim, captionDim } = config;
  const graph = new ExportGraph('exported', compute, style);
  const isBundle = contract === 'bundle';
  const ends: Dtype = isBundle ? 'float32' : compute;
  const inside = (value: Value) => (value.dtype === compute ? value : graph.cast(value, compute));
  const latents = graph.input(
    'hidden_states',
    ends,
    isBundle ? ['batch_size', channels, 'num_frames', 'height', 'width'] : [1, channels, 'height', 'width'],
  );
  const timestep = graph.input('timestep', ends, [isBundle ? 'batch_size' : 1]);
  const features = graph.input(
    'encoder_hidden_states',
    ends,
    isBundle ? ['batch_size', 'seq_len', captionDim] : [1, 'cap_seq_len', captionDim],
  );

  const [rows, columns] = [height / 2, width / 2];
  const padded = paddedLength(tokens);
  const imageTokens = paddedLength(rows * columns);
  const zeros = (count: number, features: number) =>
    graph.floatTensor([count, features], new Float32Array(count * features));
  const fill = (value: Value, from: number, to: number, features: number) =>
    from === to ? value : graph.concat([value, zeros(to - from, features)], 0);
  const mask = (from: number, to: number) =>
    graph.floatTensor(
      [to, 1],
      Float32Array.from({ length: to }, (_, i) => (i < from ? 0 : 1)),
    );

  const flat = { ...inside(latents), shape: [channels * height * width] };
  const cut = graph.transpose(graph.reshape(flat, [channels, rows, 2, columns, 2]), [1, 3, 2, 4, 0]);
  const patches = graph.reshape(cut, [rows * columns, channels * 4]);
  graph.bind('patches', fill(patches, rows * columns, imageTokens, channels * 4));
  const scaled = {
    reversed: () => graph.mul(inside(timestep), graph.scalar(1000)),
    sigma: () => graph.mul(graph.sub(graph.scalar(1), inside(timestep)), graph.scalar(1000)),
    thousandths: () =>
      graph.mul(
        graph.div(graph.sub(graph.scalar(1000), inside(timestep)), graph.scalar(1000)),
        graph.scalar(1000),
      ),
  }[time]();
  const angle = graph.mul(
    graph.reshape({ ...scaled, shape: [1] }, [1, 1]),
    graph.floatTensor([1, 128], frequencies),
  );
  graph.bind('time', graph.sinusoid(angle));
  const caption = graph.reshape({ ...inside(features), shape: [tokens * captionDim] }, [tokens, captionDim]);
  graph.bind('features', fill(caption, tokens, padded, captionDim));
  const sequence = (name: string, positions: Parameters<typeof ropeTables>[0]) => {
    const { cos, sin } = ropeTables(positions, axesDims, ropeTheta);
    graph.bind(`${name}_cos`, graph.floatTensor(cos.dims, cos.data));
    graph.bind(`${name}_sin`, graph.floatTensor(sin.dims, sin.data));
    graph.bind(`${name}_shape`, graph.integers([1, positions.length, dim]));
  };
  const image = imagePositions(rows, columns, padded);
  sequence('caption', captionPositions(padded));
  sequence('image', image);
  sequence('image+caption', [...image, ...captionPositions(padded)]);
  const Blocks = isBundle ? ZImageBlocks : UnpaddedBlocks;
  const blocks = new Blocks(graph, config, weights, { kind: 'fused' }, new LiveBranches(graph, []));
  graph.bind('padding', mask(tokens, padded));
  buildCaptionGraph(blocks);
  // Outputs of the two halves are float32 whatever is between them.
  graph.bind(
    'caption',
    graph.reshape(inside({ name: 'refined', dtype: 'float32', shape: [padded * dim] }), [1, padded, dim]),
  );
  graph.bind('padding', mask(rows * columns, imageTokens));
  buildStepGraph(blocks);
  const prediction: Value = {
    name: 'prediction',
    dtype: 'float32',
    shape: [imageTokens + padded, channels * 4],
  };
  const kept = graph.slice(prediction, 0, 0, rows * columns);
  const apart = graph.transpose(graph.reshape(kept, [rows, columns, 2, 2, channels]), [4, 0, 2, 1, 3]);
  const whole = graph.reshape(apart, isBundle ? [channels, 1, height, width] : [1, channels, height, width]);
  const signed = options.positive ? graph.negated(whole) : whole;
  const name = isBundle ? 'unified_results' : 'sample';
  graph.output(name, signed);
  const model = graph.build();
  const dims = isBundle ? [channels, 1, 'height', 'width'] : [1, channels, 'height', 'width'];
  return { ...model, outputs: [{ name, dtype: 'float32', shape: dims }] };
}

/**
 * A Qwen3 encoder as exporters write it, for captions of one length.
 * @param prepared the weights of its layers where they are quantised
 */
export function exportTextEncoder(
  { weights, config }: Pick<OpenedPart<'text-encoder'>, 'weights' | 'config'>,
  tokens: number,
  compute: ComputeType = 'float32',
  prepared: NetworkWeights = weights,
): GraphModel {
  const graph = new Graph('text encoder');
  const inner = buildQwen3Graph(
    prepared,
    config,
    { kind: 'primitive', chunks: 1 },
    new Graph('encoder', compute),
  );
  const table = graph.weight('model.embed_tokens.weight', weights.get('model.embed_tokens.weight')!);
  const rope = textRope(tokens, config.headDim, config.ropeTheta);
  const constants: Record<string, Value> = {
    cos: graph.constant(rope.cos.data, rope.cos.dims as number[]),
    sin: graph.constant(rope.sin.data, rope.sin.dims as number[]),
    mask: graph.constant(causalMask(tokens).data, [tokens, tokens]),
  };
  const { nodes, initializers } = graph.build();
  const rename = (name: string) => constants[name]?.name ?? name;
  return {
    name: 'text encoder',
    inputs: [
      { name: 'input_ids', dtype: 'int64', shape: ['batch_size', 'sequence_length'] },
      { name: 'attention_mask', dtype: 'int64', shape: ['batch_size', 'total_sequence_length'] },
    ],
    outputs: [
      {
        name: 'encoder_hidden_state',
        dtype: 'float32',
        shape: ['batch_size', 'sequence_length', config.hiddenSize],
      },
    ],
    initializers: [
      ...initializers.map((initializer) => ({ ...initializer, name: `outer_${initializer.name}` })),
      ...inner.initializers,
      integers('flat', [-1]),
      integers('first', [0]),
    ],
    nodes: [
      ...nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => `outer_${name}`) })),
      plainNode('Reshape', ['input_ids', 'flat'], 'ids'),
      plainNode(
        'Gather',
        [table.name === 'model.embed_tokens.weight' ? `outer_${table.name}` : table.name, 'ids'],
        'embeddings',
      ),
      ...inner.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((name) => (rename(name) === name ? name : `outer_${rename(name)}`)),
      })),
      plainNode('Unsqueeze', ['features', 'first'], 'encoder_hidden_state'),
    ],
  };
}

const plainNode = (op: string, inputs: readonly string[], output: string) => ({
  op,
  domain: '',
  name: `/${output}/${op}`,
  inputs,
  outputs: [output],
  attributes: {},
});

const integers = (name: string, values: readonly number[]): Initializer => ({
  name,
  dtype: 'int64',
  shape: [values.length],
  data: { kind: 'inline', bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) },
});

/** What the bundle does before its decoder. */
export function exportPreProcess({ config }: Pick<OpenedPart<'vae'>, 'config'>): GraphModel {
  const graph = new Graph('vae_pre_process');
  const shape = ['batch', config.latentChannels, 1, 'height', 'width'];
  const latents = graph.input('latents', 'float32', shape);
  const scaled = graph.div(latents, graph.scalar(config.scalingFactor));
  const shifted = graph.add(scaled, graph.scalar(config.shiftFactor));
  const flat = graph.reshape(shifted, [0, 0, 0, -1]);
  graph.output('scaled_latents', { ...flat, shape: ['batch', config.latentChannels, 'height', 'width'] });
  return graph.build();
}

/** The halves of an autoencoder as optimum and the bundle have them. */
export function exportVae(
  { weights, config }: Pick<OpenedPart<'vae'>, 'weights' | 'config'>,
  compute: ComputeType = 'float32',
) {
  const named = (model: GraphModel, input: string, output: string): GraphModel => ({
    ...model,
    nodes: [
      plainNode('Identity', [input], model.inputs[0]!.name),
      ...model.nodes,
      plainNode('Identity', [model.outputs[0]!.name], output),
    ],
    inputs: [{ ...model.inputs[0]!, name: input }],
    outputs: [{ ...model.outputs[0]!, name: output }],
  });
  return {
    decoder: named(
      decoderGraph(weights, config, { kind: 'fused' }, new Graph('decoder', compute)),
      'latent_sample',
      'sample',
    ),
    encoder: named(
      encoderGraph(weights, config, { kind: 'fused' }, new Graph('encoder', compute)),
      'sample',
      'latent_parameters',
    ),
  };
}

const contents = new Map<string, Promise<Uint8Array>>();

async function bytesOf({ file, offset, length }: { file: string; offset: number; length: number }) {
  const content = contents.get(file) ?? readFile(file);
  contents.set(file, content);
  return (await content).subarray(offset, offset + length);
}

/**
 * Writes a model with its weights in `sidecars` files beside it, in turn, named as exporters do; with
 * none, everything is in the file itself.
 */
export async function writeExport(path: string, model: GraphModel, sidecars = 1): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const name = path.slice(dirname(path).length + 1);
  const files = Array.from({ length: sidecars }, (_, i) => `${name}_data${i === 0 ? '' : `_${i}`}`);
  const pieces: Uint8Array[][] = files.map(() => []);
  const ends = files.map(() => 0);
  const initializers: Initializer[] = [];
  const stored = new Map(model.initializers.map((initializer) => [initializer.name, initializer]));
  const wanted = [
    ...model.initializers.map(({ name }) => name),
    // Weights that products read in another form than the checkpoint has them.
    ...new Set(model.nodes.flatMap(({ inputs }) => inputs.filter((input) => input.includes('<')))),
  ];
  const renamed = (name: string) => name.split('<')[0]!;
  for (const [i, each] of wanted.entries()) {
    const [, original] = each.split('<');
    const found = stored.get(original ?? each) ?? stored.get((original ?? each).replace(/:float\d+$/, ''))!;
    const { data } = found;
    let { shape } = found;
    let bytes =
      data.kind === 'inline' ? data.bytes : data.kind === 'file' ? await bytesOf(data) : new Uint8Array(0);
    let { dtype } = found;
    if (original !== undefined) {
      const form = formOf(each, asFloat32(dtype, bytes), shape as [number, number]);
      ({ bytes, dtype } = form);
      shape = [...form.shape];
    }
    const place = i % Math.max(1, sidecars);
    const isLarge = data.kind === 'file' && sidecars > 0;
    initializers.push({
      name: renamed(each),
      dtype,
      shape,
      data: isLarge
        ? { kind: 'file', file: `/${files[place]}`, offset: ends[place]!, length: bytes.length }
        : { kind: 'inline', bytes },
    });
    if (isLarge) {
      pieces[place]!.push(bytes);
      ends[place]! += bytes.length;
    }
  }
  const nodes = model.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed) }));
  await writeFile(path, writeModel({ ...model, nodes, initializers }));
  for (const [i, file] of files.entries())
    await writeFile(join(dirname(path), file), Buffer.concat(pieces[i]!));
}

interface StoredForm {
  readonly bytes: Uint8Array;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

const raw = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer as ArrayBuffer);

const asFloat32 = (dtype: Dtype, bytes: Uint8Array): Float32Array => {
  const stored = dtype === 'float16' ? 'F16' : 'F32';
  const values = new Float32Array(bytes.length / bytesPerElement[stored]);
  toFloat32(stored, Uint8Array.from(bytes), values, 0);
  return values;
};

const scalesOf = (name: string, scales: Float32Array): StoredForm => {
  const dtype = name.includes('_float16<') ? 'float16' : 'float32';
  return {
    bytes: fromFloat32(dtype === 'float16' ? 'F16' : 'F32', scales),
    dtype,
    shape: [scales.length],
  };
};

/** A weight [rows, columns] in the form that a name asks for. */
function formOf(name: string, values: Float32Array, [rows, columns]: [number, number]): StoredForm {
  const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (name.includes('_scale<'))
    return { bytes: raw(Float32Array.of(most / 127)), dtype: 'float32', shape: [1] };
  if (name.includes('_Q4<') || name.includes('_scales_')) {
    const blocks = columns / 32;
    const codes = new Uint8Array(rows * blocks * 16);
    const scales = new Float32Array(rows * blocks);
    for (let block = 0; block < scales.length; block++) {
      const part = values.subarray(block * 32, block * 32 + 32);
      const scale = part.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 7;
      scales[block] = scale;
      // Without zero points, 8 stands for 0; the lower of two codes is in the lower half.
      for (const [i, value] of part.entries())
        codes[block * 16 + (i >> 1)]! |= (Math.round(value / (scale || 1)) + 8) << (i % 2 === 0 ? 0 : 4);
    }
    return name.includes('_Q4<')
      ? { bytes: codes, dtype: 'uint8', shape: [rows, blocks, 16] }
      : scalesOf(name, scales);
  }
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column]!;
  if (!name.includes('_Q8<')) return { bytes: raw(turned), dtype: 'float32', shape: [columns, rows] };
  return {
    bytes: raw(Int8Array.from(turned, (value) => Math.round((value / most) * 127))),
    dtype: 'int8',
    shape: [columns, rows],
  };
}
