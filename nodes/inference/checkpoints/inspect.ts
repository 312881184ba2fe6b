import { UserError } from '../../core/errors.ts';
import { type AdapterSummary, summariseAdapter } from './adapter-summary.ts';
import type { PartConfigs, PartKind } from './architecture.ts';
import { elementCount } from './dtypes.ts';
import { type DetectedPart, detectPart } from './layouts.ts';
import { openPart } from './model-folder.ts';
import { readSafetensors } from './safetensors.ts';
import { readTensorSet } from './sharded.ts';
import type { WeightDtype } from './weights.ts';

/** A part of a model in a file, opened as far as its headers allow. */
type InspectedPart = { readonly part: PartKind; readonly layout: string; readonly prefix: string } & (
  | { readonly config: PartConfigs[PartKind]; readonly unusedKeys: readonly string[] }
  /** Why the part cannot be used. */
  | { readonly problem: string }
);

/** Plain data about a safetensors file or a folder of shards, for `kronode inspect`. */
export interface SafetensorsReport {
  readonly files: readonly string[];
  /** Bytes of all files. */
  readonly size: number;
  readonly kind: PartKind | 'checkpoint' | 'adapter' | 'unknown';
  /** For `unknown`: completes "This file …". */
  readonly why?: string;
  readonly parts: readonly InspectedPart[];
  readonly adapter?: AdapterSummary;
  readonly tensors: number;
  /** Number of elements in all tensors. */
  readonly parameters: number;
  /** Most elements first. */
  readonly dtypes: readonly {
    readonly dtype: WeightDtype;
    readonly tensors: number;
    readonly parameters: number;
  }[];
  readonly metadataKeys: readonly string[];
}

/**
 * Tells what a safetensors file holds; reads headers only.
 *
 * @throws UserError for a file that is missing or malformed
 */
export async function inspectSafetensors(path: string): Promise<SafetensorsReport> {
  const { tensors, files } = await readTensorSet(path);
  const metadataKeys = new Set<string>();
  let size = 0;
  for (const file of files) {
    const header = await readSafetensors(file);
    size += header.size;
    for (const key of header.metadata.keys()) metadataKeys.add(key);
  }

  const counts = new Map<WeightDtype, { tensors: number; parameters: number }>();
  for (const { dtype, shape } of tensors.values()) {
    const count = counts.get(dtype) ?? { tensors: 0, parameters: 0 };
    counts.set(dtype, {
      tensors: count.tensors + 1,
      parameters: count.parameters + (elementCount(shape) ?? 0),
    });
  }
  const dtypes = [...counts]
    .map(([dtype, count]) => ({ dtype, ...count }))
    .sort((a, b) => b.parameters - a.parameters);
  const common = {
    files,
    size,
    tensors: tensors.size,
    parameters: dtypes.reduce((sum, { parameters }) => sum + parameters, 0),
    dtypes,
    metadataKeys: [...metadataKeys],
  };

  const detection = detectPart(tensors);
  switch (detection.kind) {
    case 'unknown':
      return { ...common, kind: 'unknown', why: detection.why, parts: [] };
    case 'adapter':
      return { ...common, kind: 'adapter', parts: [], adapter: summariseAdapter(tensors) };
    case 'parts': {
      const parts: InspectedPart[] = [];
      for (const part of detection.parts) parts.push(await inspectPart(path, part));
      const [first, second] = parts;
      return {
        ...common,
        kind: second === undefined && first !== undefined ? first.part : 'checkpoint',
        parts,
      };
    }
  }
}

async function inspectPart(path: string, { part, layout, prefix }: DetectedPart): Promise<InspectedPart> {
  try {
    const { config, unusedKeys } = await openPart(path, part);
    return { part, layout, prefix, config, unusedKeys };
  } catch (error) {
    if (error instanceof UserError) return { part, layout, prefix, problem: error.message };
    throw error;
  }
}
