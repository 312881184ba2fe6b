import { quoted } from '../checkpoints/wording.ts';
import { attr } from './graph-builder.ts';
import { ProtoError, type ProtoReader } from './proto-reader.ts';
import { scanTensor } from './scan-tensor.ts';
import type { Attribute, GraphNode, Initializer } from './types.ts';

/** An operator of somebody else's graph. */
export interface ScannedNode extends GraphNode {
  readonly encoded: Uint8Array;
  /** Every name it reads, by itself or in its sub-graphs; names that those make are among them. */
  readonly uses: readonly string[];
  /** The tensor of a Constant. */
  readonly constant: Initializer | undefined;
}

const LONGEST_NAME = 4096;
const LONGEST_TEXT = 1_000_000;
const MOST_INPUTS = 10_000;
const MOST_NUMBERS = 4_000_000;
const MOST_BYTES = 128 * 1024 * 1024;
/** Branches in branches; real models have one or two. */
const MOST_DEPTH = 8;

/** Operator sets that the runtime itself brings; others would need code from elsewhere. */
const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'com.microsoft']);

/** A domain as the runtime calls it, or undefined for those it does not bring. */
export const knownDomain = (domain: string): string | undefined =>
  DOMAINS.has(domain) ? domain.replace(/^ai\.onnx$/, '') : undefined;

/**
 * Reads a NodeProto that is the next value of `reader`.
 * @throws ProtoError, also for an operator that the runtime does not bring
 */
export function scanNode(reader: ProtoReader, depth: number): ScannedNode {
  if (depth > MOST_DEPTH) throw new ProtoError('its branches are nested too deeply');
  const inputs: string[] = [];
  const outputs: string[] = [];
  const uses: string[] = [];
  const attributes: Record<string, Attribute> = {};
  const found = { name: '', op: '', domain: '' };
  let constant: Initializer | undefined;
  const length = reader.length();
  if (length > MOST_BYTES) throw new ProtoError(`an operator takes ${length} bytes`);
  const from = reader.position;
  reader.within(length, (field) => {
    switch (field.number) {
      case 1:
      case 2: {
        const list = field.number === 1 ? inputs : outputs;
        if (list.length >= MOST_INPUTS) throw new ProtoError('an operator has too many inputs');
        list.push(reader.text(LONGEST_NAME));
        break;
      }
      case 3:
        found.name = reader.text(LONGEST_NAME);
        break;
      case 4:
        found.op = reader.text(LONGEST_NAME);
        break;
      case 5: {
        const { name, value, tensor } = scanAttribute(reader, depth, uses);
        if (value) attributes[name] = value;
        if (name === 'value') constant = tensor;
        break;
      }
      case 7:
        found.domain = reader.text(LONGEST_NAME);
        break;
      default:
        reader.skip(field);
    }
  });
  const domain = knownDomain(found.domain);
  if (domain === undefined)
    throw new ProtoError(
      `its operator ${quoted(found.op)} belongs to ${quoted(found.domain)}, which the runtime does not bring`,
    );
  return {
    ...found,
    domain,
    inputs,
    outputs,
    attributes,
    encoded: reader.copy(from, length),
    uses: [...inputs, ...uses],
    constant: found.op === 'Constant' && domain === '' ? constant : undefined,
  };
}

/** An AttributeProto; names that its graphs read are added to `uses`. */
function scanAttribute(
  reader: ProtoReader,
  depth: number,
  uses: string[],
): {
  readonly name: string;
  readonly value: Attribute | undefined;
  readonly tensor: Initializer | undefined;
} {
  let name = '';
  let value: Attribute | undefined;
  let tensor: Initializer | undefined;
  const ints: number[] = [];
  reader.message((field) => {
    switch (field.number) {
      case 1:
        name = reader.text(LONGEST_NAME);
        break;
      case 2:
        value = attr.float(reader.float());
        break;
      case 3:
        value = attr.int(reader.integer());
        break;
      case 4:
        value = attr.string(reader.text(LONGEST_TEXT));
        break;
      case 5:
      case 10:
        tensor = scanTensor(reader, undefined, undefined);
        break;
      case 6:
      case 11:
        scanSubGraph(reader, depth + 1, uses);
        break;
      case 8:
        reader.integers(field, ints, MOST_NUMBERS);
        value = attr.ints(ints);
        break;
      case 22:
      case 23:
        throw new ProtoError('it holds sparse constants, which are not read');
      default:
        reader.skip(field);
    }
  });
  return { name, value, tensor };
}

function scanSubGraph(reader: ProtoReader, depth: number, uses: string[]): void {
  reader.message((field) => {
    if (field.number === 1) uses.push(...scanNode(reader, depth).uses);
    else if (field.number === 5) scanTensor(reader, undefined, undefined);
    else if (field.number === 15) throw new ProtoError('it holds sparse weights, which are not read');
    else if (field.number === 12) uses.push(nameOf(reader));
    else reader.skip(field);
  });
}

/** The name of a ValueInfoProto: a branch may hand on a value of the graph around it. */
function nameOf(reader: ProtoReader): string {
  let name = '';
  reader.message((field) => {
    if (field.number === 1) name = reader.text(LONGEST_NAME);
    else reader.skip(field);
  });
  return name;
}
