import { UserError } from '../../core/errors.ts';
import type { ExpectedWeights } from './architecture.ts';
import type { NamedWeights } from './layouts.ts';
import type { WeightSource, Weights } from './weights.ts';
import { counted, listed } from './wording.ts';

/** Names that quantising tools leave beside the weights; the weights alone would give wrong pictures. */
const quantisation =
  /(^|\.)(scaled_fp8|scale_weight|weight_scale(_\d)?|comfy_quant|qweight|qzeros|wscales|absmax|SCB|_data|_scale)$|\.quant_state\./;

const floatTypes: ReadonlySet<string> = new Set(['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2']);

/**
 * Keeps the weights a network reads, after making sure that each is there with its shape.
 *
 * @throws UserError for missing or misshapen weights (up to five are named) and for quantised files
 */
export function checkWeights(
  { weights, nameInFile, strayKeys }: NamedWeights,
  { required, unneeded }: ExpectedWeights,
  where: string,
): { readonly weights: Weights; readonly unusedKeys: readonly string[] } {
  refuseQuantised([...strayKeys, ...nameInFile.values()], where);
  const kept = new Map<string, WeightSource>();
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, shape] of required) {
    const source = weights.get(name);
    if (source === undefined) {
      missing.push(name);
      continue;
    }
    const fits =
      source.shape.length === shape.length && source.shape.every((size, axis) => size === shape[axis]);
    if (!fits)
      misshapen.push(`${nameInFile.get(name)} [${source.shape.join(', ')}], not [${shape.join(', ')}]`);
    if (!floatTypes.has(source.dtype)) {
      throw new UserError(
        `The weight "${nameInFile.get(name)}" of ${where} holds whole numbers (${source.dtype}).`,
        {
          hint: 'Quantised files of this kind are not read; use a bf16 or fp16 version.',
        },
      );
    }
    kept.set(name, source);
  }
  if (missing.length > 0) {
    throw new UserError(`${where} lacks ${counted(missing.length, 'weight')}: ${listed(missing)}.`, {
      hint: 'The file is incomplete or of another model; use the original one.',
    });
  }
  if (misshapen.length > 0) {
    throw new UserError(
      `${where} has ${counted(misshapen.length, 'weight')} of another shape: ${listed(misshapen)}.`,
      {
        hint: 'The weights and the config.json beside them may belong to different models.',
      },
    );
  }
  const unused = [...nameInFile].filter(([canonical]) => !required.has(canonical) && !unneeded(canonical));
  return {
    weights: kept,
    unusedKeys: [
      ...new Set([...unused.map(([, name]) => name), ...strayKeys.filter((name) => !unneeded(name))]),
    ],
  };
}

function refuseQuantised(names: readonly string[], where: string): void {
  const sign = names.find((name) => quantisation.test(name));
  if (sign === undefined) return;
  throw new UserError(
    `${where} holds quantised weights (it has ${listed([sign])} beside them) of a kind that is not read.`,
    {
      hint: 'Use a bf16, fp16 or fp8 version of the model.',
    },
  );
}
