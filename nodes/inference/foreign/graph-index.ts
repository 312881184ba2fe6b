import type { ScannedModel } from '../onnx/scan.ts';
import type { ScannedNode } from '../onnx/scan-node.ts';
import type { Initializer } from '../onnx/types.ts';
import { smallValues } from './small-tensor.ts';

/** Operators that hand their first input on, in another type or shape. */
const carriers: ReadonlySet<string> = new Set([
  'Cast',
  'Identity',
  'Reshape',
  'Unsqueeze',
  'Squeeze',
  'Flatten',
  'Transpose',
]);

/** Operators that read sizes and no values. */
const measures: ReadonlySet<string> = new Set(['Shape', 'Size']);

/** Who makes and who reads each value of a graph. */
export class GraphIndex {
  readonly model: ScannedModel;
  readonly #makers = new Map<string, ScannedNode>();
  readonly #readers = new Map<string, ScannedNode[]>();

  constructor(model: ScannedModel) {
    this.model = model;
    for (const node of model.nodes) {
      for (const output of node.outputs) if (output !== '') this.#makers.set(output, node);
      for (const use of new Set(node.uses)) {
        const readers = this.#readers.get(use);
        if (readers) readers.push(node);
        else this.#readers.set(use, [node]);
      }
    }
  }

  maker = (value: string): ScannedNode | undefined => this.#makers.get(value);

  /** Nodes that read the content of a value. */
  readers = (value: string): readonly ScannedNode[] =>
    (this.#readers.get(value) ?? []).filter(({ op }) => !measures.has(op));

  /** The weight or constant behind a value, through casts and changes of shape. */
  constant(value: string): Initializer | undefined {
    const known = this.model.initializers.get(value);
    if (known) return known;
    const maker = this.maker(value);
    if (maker?.constant) return maker.constant;
    return maker && carriers.has(maker.op) ? this.constant(maker.inputs[0] ?? '') : undefined;
  }

  /** The numbers of a small constant. */
  numbers(value: string): Float32Array | undefined {
    const found = this.constant(value);
    return found && smallValues(found);
  }

  isCarrier = ({ op, domain }: ScannedNode): boolean => domain === '' && carriers.has(op);
}

/** y = scale · x + shift. */
export interface Affine {
  readonly scale: number;
  readonly shift: number;
}

/**
 * What a graph does to a value before anything but single numbers enters: scaled, shifted, turned in
 * sign. A factor that is a list counts with its largest number and ends the way.
 */
export function affineFrom(
  index: GraphIndex,
  input: string,
): Affine & { readonly next: ScannedNode | undefined } {
  let value = input;
  let scale = 1;
  let shift = 0;
  for (;;) {
    const readers = index.readers(value);
    const [node] = readers;
    if (!node || readers.length !== 1 || node.domain !== '') return { scale, shift, next: node };
    const step = stepOf(index, node, value);
    if (!step) return { scale, shift, next: node };
    scale *= step.scale;
    shift = shift * step.scale + step.shift;
    if (step.ends) return { scale, shift, next: node };
    value = node.outputs[0] ?? '';
  }
}

/** What a graph does to a value last, followed back from an output. */
export function affineTo(
  index: GraphIndex,
  output: string,
): Affine & { readonly maker: ScannedNode | undefined; readonly value: string } {
  let value = output;
  let scale = 1;
  let shift = 0;
  for (;;) {
    const node = index.maker(value);
    if (node?.domain !== '') return { scale, shift, maker: node, value };
    const from = node.inputs.find((name) => name !== '' && index.constant(name) === undefined) ?? '';
    const step = stepOf(index, node, from);
    if (!step || step.ends) return { scale, shift, maker: node, value };
    shift += step.shift * scale;
    scale *= step.scale;
    value = from;
  }
}

function stepOf(
  index: GraphIndex,
  node: ScannedNode,
  value: string,
): (Affine & { readonly ends?: boolean }) | undefined {
  if (index.isCarrier(node)) return node.inputs[0] === value ? { scale: 1, shift: 0 } : undefined;
  if (node.op === 'Neg') return { scale: -1, shift: 0 };
  const [first = '', second = ''] = node.inputs;
  const isFirst = first === value;
  const numbers = index.numbers(isFirst ? second : first);
  if (!numbers || numbers.length === 0) return undefined;
  const [number = 0] = numbers;
  if (numbers.length > 1) {
    // Frequencies of a sinusoid: the fastest one tells the unit of time.
    if (node.op !== 'Mul') return undefined;
    return {
      scale: numbers.reduce((most, each) => (Math.abs(each) > Math.abs(most) ? each : most)),
      shift: 0,
      ends: true,
    };
  }
  switch (node.op) {
    case 'Mul':
      return { scale: number, shift: 0 };
    case 'Add':
      return { scale: 1, shift: number };
    case 'Div':
      return isFirst ? { scale: 1 / number, shift: 0 } : undefined;
    case 'Sub':
      return isFirst ? { scale: 1, shift: -number } : { scale: -1, shift: number };
    default:
      return undefined;
  }
}
