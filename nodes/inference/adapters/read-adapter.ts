import { UserError } from '../../core/errors.ts';
import { openSmallTensors, type ReadTensor } from '../checkpoints/safetensors.ts';
import type { Weights } from '../checkpoints/weights.ts';
import { counted, listed, quoted } from '../checkpoints/wording.ts';
import { type Adapter, type AdapterModule, type Misfit, matricesOf } from './adapter.ts';
import { buildModule, type NamedTensor } from './build-module.ts';
import { anyModule, type ModuleTarget, moduleFinder } from './module-names.ts';
import { splitTensorName, type TensorRole } from './tensor-names.ts';

/** alpha / rank of trained files lies between 1/64 and a few; far above, the file stores something else there. */
const suspiciousScale = 32;
/** Weights of trained factors stay far below. */
const suspiciousValue = 1000;

/**
 * Reads an adapter file against the model it is for: every tensor of it either changes a layer or is
 * listed. All factors are read once, to make sure that they hold numbers; they stay in the file.
 *
 * @param weights the model's, under diffusers names; undefined to look into the file without a model
 * @throws UserError where the file is malformed, is no adapter, changes no layer of the model, or
 * holds NaN or infinite factors
 */
export async function readAdapter(
  file: string,
  weights: Weights | undefined,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Adapter> {
  const { header, reading } = await openSmallTensors(file);
  const { tensors } = header;
  const groups = new Map<string, Map<TensorRole, NamedTensor>>();
  const unmatchedKeys: string[] = [];
  const misfits: Misfit[] = [];
  for (const [key, source] of tensors) {
    const split = splitTensorName(key);
    if (split === undefined) {
      unmatchedKeys.push(key);
      continue;
    }
    const group = groups.get(split.module) ?? new Map<TensorRole, NamedTensor>();
    if (group.has(split.role))
      misfits.push({ keys: [key], why: 'another tensor is the same under another name' });
    else group.set(split.role, { key, source });
    groups.set(split.module, group);
  }
  if (groups.size === 0) {
    throw new UserError(
      `${file} is no adapter: none of its ${counted(tensors.size, 'tensor')} is a factor of a LoKr, LoRA or LoHa.`,
      { hint: 'Choose an adapter file; whole models go into the model loader.' },
    );
  }

  const find = weights === undefined ? anyModule : moduleFinder(weights);
  const modules = new Map<string, AdapterModule>();
  await reading(async (read) => {
    for (const [name, group] of groups) {
      options.signal?.throwIfAborted();
      const keys = [...group.values()].map(({ key }) => key);
      const targets = find(name);
      if (targets === undefined) {
        unmatchedKeys.push(...keys);
        continue;
      }
      const why = await addModules(read, group, targets, modules);
      if (why !== undefined) misfits.push({ keys, why });
    }
  });
  if (modules.size === 0) throw nothingFits(file, tensors.size, unmatchedKeys, misfits);
  const largest = await reading((read) => checkValues(read, file, modules, options.signal));
  return {
    file,
    reading,
    modules,
    unmatchedKeys,
    misfits,
    notices: noticesOf({ modules, unmatchedKeys, misfits, largest, total: tensors.size }),
  };
}

/** Adds what one group of tensors does to its layers, or tells why it does nothing. */
async function addModules(
  read: ReadTensor,
  group: ReadonlyMap<TensorRole, NamedTensor>,
  targets: readonly ModuleTarget[],
  modules: Map<string, AdapterModule>,
): Promise<string | undefined> {
  const alpha = await readAlpha(read, group.get('alpha'));
  if (typeof alpha === 'string') return alpha;
  const built = new Map<string, AdapterModule>();
  for (const target of targets) {
    if (modules.has(target.module)) return `${target.module} is changed by other tensors of the file as well`;
    const module = buildModule(group, alpha, target);
    if (typeof module === 'string') return module;
    built.set(target.module, module);
  }
  for (const [name, module] of built) modules.set(name, module);
  return undefined;
}

async function readAlpha(
  read: ReadTensor,
  tensor: NamedTensor | undefined,
): Promise<number | string | undefined> {
  if (tensor === undefined) return undefined;
  const { shape } = tensor.source;
  if (shape.some((size) => size !== 1)) return `its alpha has the shape [${shape.join(', ')}]`;
  return (await read(tensor.source))[0];
}

/**
 * The largest magnitude per module.
 * @throws UserError for NaN and infinity
 */
async function checkValues(
  read: ReadTensor,
  file: string,
  modules: ReadonlyMap<string, AdapterModule>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const largest = new Map<string, number>();
  for (const [name, module] of modules) {
    signal?.throwIfAborted();
    let most = 0;
    for (const { key, source } of matricesOf(module)) {
      const found = largestMagnitude(await read(source));
      if (!Number.isFinite(found)) {
        throw new UserError(`${file} is damaged: its tensor ${quoted(key)} holds NaN or infinite values.`, {
          hint: 'The training of this adapter failed or the file was corrupted; use another one.',
        });
      }
      most = Math.max(most, found);
    }
    largest.set(name, most);
  }
  return largest;
}

/** Infinity for any NaN or infinite value. */
function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] ?? 0);
    if (!(magnitude <= largest)) largest = magnitude;
    if (Number.isNaN(largest)) return Number.POSITIVE_INFINITY;
  }
  return largest;
}

function nothingFits(
  file: string,
  total: number,
  unmatchedKeys: readonly string[],
  [misfit]: readonly Misfit[],
): UserError {
  const reason =
    misfit === undefined
      ? `none of its ${counted(total, 'tensor')} names a layer of it: ${listed(unmatchedKeys, 3)}`
      : `${misfit.why} (${listed(misfit.keys, 1)})`;
  return new UserError(`${file} does not fit this model: ${reason}.`, {
    hint: 'It was made for another model; choose an adapter for this one.',
  });
}

function noticesOf(read: {
  readonly modules: ReadonlyMap<string, AdapterModule>;
  readonly unmatchedKeys: readonly string[];
  readonly misfits: readonly Misfit[];
  readonly largest: ReadonlyMap<string, number>;
  readonly total: number;
}): string[] {
  const notices: string[] = [];
  const { modules, unmatchedKeys, misfits } = read;
  if (unmatchedKeys.length > 0) {
    notices.push(
      `${unmatchedKeys.length} of its ${counted(read.total, 'tensor')} name no layer of this model and change nothing: ${listed(unmatchedKeys, 3)}.`,
    );
  }
  const [misfit] = misfits;
  if (misfit !== undefined) {
    const others = misfits.length > 1 ? `, and ${counted(misfits.length - 1, 'more group')} like it` : '';
    notices.push(`${listed(misfit.keys, 3)} cannot be used: ${misfit.why}${others}.`);
  }
  const where = (wanted: (module: AdapterModule, name: string) => boolean) =>
    [...modules].flatMap(([name, module]) => (wanted(module, name) ? [name] : []));
  const loud = where(({ scale }) => Math.abs(scale) > suspiciousScale);
  if (loud.length > 0) {
    const scale = modules.get(loud[0] ?? '')?.scale ?? 0;
    notices.push(
      `Its alpha asks for ${scale.toPrecision(3)} times its factors in ${listed(loud, 3)}; alpha may be a placeholder there and the picture break.`,
    );
  }
  const silent = where(({ scale }) => scale === 0);
  if (silent.length > 0) notices.push(`Its alpha is 0 in ${listed(silent, 3)}, which are left as they are.`);
  const extreme = where((_, name) => (read.largest.get(name) ?? 0) > suspiciousValue);
  if (extreme.length > 0) {
    notices.push(
      `Its factors hold values above ${suspiciousValue} in ${listed(extreme, 3)}; the training may have diverged.`,
    );
  }
  return notices;
}
