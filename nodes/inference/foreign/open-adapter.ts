import type { AdapterModule, Matrix, Misfit } from '../adapters/adapter.ts';
import { blocksOf } from '../adapters/blocks.ts';
import type { LiveAdapter, LiveModule } from '../adapters/live-adapter.ts';
import { loadModule } from '../adapters/matrix.ts';
import { gainsOf } from '../adapters/merge.ts';
import { readAdapter } from '../adapters/read-adapter.ts';
import type { WeightSource, Weights } from '../checkpoints/weights.ts';
import type { ForeignTransformerPart } from './foreign-part.ts';
import { layerWeight } from './layer-weight.ts';
import type { LinearLayer } from './linear-layers.ts';

/** A layer, or its share of a stacked q, k and v. */
interface Target {
  readonly layer: LinearLayer;
  /** First row in the layer. */
  readonly from: number;
  readonly rows: number;
}

/**
 * Reads an adapter against a transformer that came as a ready-made graph. What cannot act there is
 * listed with the reason, as are keys that match no layer.
 *
 * @param file absolute path
 * @throws UserError as `readAdapter`
 */
export async function openForeignAdapter(
  file: string,
  part: ForeignTransformerPart,
  signal?: AbortSignal,
): Promise<LiveAdapter> {
  const targets = targetsOf(part);
  const adapter = await readAdapter(file, shapesOf(targets, part), signal ? { signal } : {});
  const modules = new Map<string, LiveModule>();
  const misfits: Misfit[] = [...adapter.misfits];
  for (const [name, module] of adapter.modules) {
    const target = targets.get(name);
    if (!target) continue;
    const gains = await gainsFor(module, target);
    if (typeof gains === 'string') misfits.push({ keys: module.keys, why: gains });
    else modules.set(name, { module, gains });
  }
  const kept = new Map([...adapter.modules].filter(([name]) => modules.has(name)));
  return {
    adapter: { ...adapter, modules: kept, misfits },
    modules,
    blocks: blocksOf(modules.keys()),
  };
}

function targetsOf({ layers }: ForeignTransformerPart): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const [module, layer] of layers.byModule) {
    if (!module.endsWith('.qkv')) {
      targets.set(module, { layer, from: 0, rows: layer.rows });
      continue;
    }
    const rows = layer.rows / 3;
    for (const [i, letter] of ['q', 'k', 'v'].entries())
      targets.set(module.replace(/qkv$/, `to_${letter}`), { layer, from: i * rows, rows });
  }
  return targets;
}

/** Names and shapes, which is all that matching keys takes. */
const shapesOf = (targets: ReadonlyMap<string, Target>, { model }: ForeignTransformerPart): Weights =>
  new Map(
    [...targets].map(([module, { layer, rows }]): [string, WeightSource] => [
      `${module}.weight`,
      { dtype: 'F32', shape: [rows, layer.columns], file: model.file, offset: 0, byteLength: 0 },
    ]),
  );

/** Gains of DoRA magnitudes, undefined where there are none, or a clause that tells why they cannot be had. */
async function gainsFor(module: AdapterModule, target: Target): Promise<Float32Array | string | undefined> {
  if (module.dora === undefined) return undefined;
  // They scale what goes into the layer, so that the graph would have to compute all of it twice.
  if (module.dora.axis === 'in')
    return 'its DoRA magnitudes are one per input; in a ready-made graph only those of one per output can act';
  const base = baseOf(target);
  if (!base)
    return 'its DoRA magnitudes need the length of each row of the weight, which this graph stores in integers of a form that is not read';
  const { dora } = await loadModule(module);
  return dora && Float32Array.from(gainsOf(dora, base));
}

/** The weight of the layer, or of its share of a stacked one, [rows, columns]. */
function baseOf({ layer, from, rows }: Target): Matrix | undefined {
  const { columns } = layer;
  const whole = layerWeight(layer);
  return whole && { rows, columns, values: whole.values.subarray(from * columns, (from + rows) * columns) };
}
