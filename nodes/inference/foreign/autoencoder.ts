import type { AutoencoderGraphs } from '../autoencoder-kl/autoencoder-kl.ts';
import { attr } from '../onnx/graph-builder.ts';
import type { GraphModel, GraphNode, Initializer, Value } from '../onnx/types.ts';
import { bindModel } from './boundary.ts';
import type { ForeignVaeHalf, ForeignVaePart } from './foreign-part.ts';

/** Log-variance of an encoder that gives the mean alone: no spread at all. */
const NO_SPREAD = -30;

/** The halves of an exported autoencoder that take and give what our own graphs do. */
export const foreignAutoencoderGraphs = ({ decoder, encoder }: ForeignVaePart): AutoencoderGraphs => ({
  decoder: () => decoderGraph(decoder),
  encoder: () => {
    if (!encoder) throw new Error('The export has no encoder.');
    return encoderGraph(encoder);
  },
});

/** Latents [batch, channels, height, width] in VAE space → [batch, 3, height · 8, width · 8]. */
function decoderGraph({ model, signature }: ForeignVaeHalf): GraphModel {
  const { graph, input, output } = bindModel(model, 'VAE decoder', [signature.output]);
  const inside = input(signature.input);
  return {
    ...graph,
    nodes: [
      node('Mul', [LATENT, SCALE], 'kronode:scaled'),
      node('Add', ['kronode:scaled', SHIFT], inside.name),
      ...graph.nodes,
    ],
    initializers: [...graph.initializers, scalar(SCALE, signature.scale), scalar(SHIFT, signature.shift)],
    inputs: [{ ...inside, name: LATENT, shape: sizes('latent', signature.channels) }],
    outputs: [{ ...output(signature.output), shape: sizes('image', 3) }],
  };
}

/** [batch, 3, height, width] → moments [batch, 2 · latent channels, height / 8, width / 8]. */
function encoderGraph({ model, signature }: ForeignVaeHalf): GraphModel {
  const { graph, input, output } = bindModel(model, 'VAE encoder', [signature.output]);
  const inside = input(signature.input);
  const given = output(signature.output).name;
  const isMeanOnly = signature.channels < 32;
  const moments = isMeanOnly
    ? [
        node('Sub', [given, SHIFT], 'kronode:shifted'),
        node('Div', ['kronode:shifted', SCALE], 'kronode:mean'),
        node('Mul', ['kronode:mean', ZERO], 'kronode:zeros'),
        node('Add', ['kronode:zeros', SPREAD], 'kronode:logvar'),
        node('Concat', ['kronode:mean', 'kronode:logvar'], MOMENTS, { axis: attr.int(1) }),
      ]
    : [node('Identity', [given], MOMENTS)];
  return {
    ...graph,
    nodes: [...graph.nodes, ...moments],
    initializers: [
      ...graph.initializers,
      ...(isMeanOnly
        ? [
            scalar(SCALE, signature.scale),
            scalar(SHIFT, signature.shift),
            scalar(ZERO, 0),
            scalar(SPREAD, NO_SPREAD),
          ]
        : []),
    ],
    inputs: [{ ...inside, shape: sizes('image', 3) }],
    outputs: [{ ...output(signature.output), name: MOMENTS, shape: sizes('moments', 32) }],
  };
}

const LATENT = 'kronode:latent';
const MOMENTS = 'kronode:moments';
const SCALE = 'kronode:scale';
const SHIFT = 'kronode:shift';
const ZERO = 'kronode:zero';
const SPREAD = 'kronode:spread';

const sizes = (name: string, channels: number): Value['shape'] => [
  'batch',
  channels,
  `${name}_height`,
  `${name}_width`,
];

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: GraphNode['attributes'] = {},
): GraphNode => ({ op, domain: '', name: `${output}:${op}`, inputs, outputs: [output], attributes });

const scalar = (name: string, value: number): Initializer => ({
  name,
  dtype: 'float32',
  shape: [],
  data: { kind: 'inline', bytes: new Uint8Array(Float32Array.of(value).buffer) },
});
