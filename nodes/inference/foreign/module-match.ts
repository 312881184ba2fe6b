import type { GraphIndex } from './graph-index.ts';
import type { LinearLayer } from './linear-layers.ts';

/** Diffusers names of linear layers, and those of the model's first release, anywhere in a longer name. */
const inBlock =
  /(?:^|[./])((?:layers|noise_refiner|context_refiner)[./]\d+)[./](attention[./](?:to_[qkv]|to_out(?:\.0|[./]0)?|qkv|to_qkv|out)|feed_forward[./]w[123]|adaLN_modulation(?:\.0|[./]0)?)(?=$|[./_:])/;
const outside: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[./])t_embedder[./]mlp(?:[./]mlp)?[./]([02])(?=$|[./_:])/, 't_embedder.mlp.'],
  [/(?:^|[./])cap_embedder(?:[./]cap_embedder)?[./]1(?=$|[./_:])/, 'cap_embedder.1'],
  [/(?:^|[./])(?:all_)?x_embedder(?:\.2-1|[./]2-1)?(?=$|[./_:])/, 'all_x_embedder.2-1'],
  [
    /(?:^|[./])(?:all_)?final_layer(?:[./]2-1)?(?:[./]adaLN_modulation)?[./]adaLN_modulation[./]1(?=$|[./_:])/,
    'all_final_layer.2-1.adaLN_modulation.1',
  ],
  [/(?:^|[./])(?:all_)?final_layer(?:[./]2-1)?[./]linear(?=$|[./_:])/, 'all_final_layer.2-1.linear'],
];

/** The diffusers module that a name of a weight, operator or value speaks of. */
export function moduleInName(name: string): string | undefined {
  // Exporters repeat the container: /layers.0/attention/to_out/to_out.0/MatMul.
  const plain = name.replaceAll(/([./])(\w+)\/\2\.(?=\d)/g, '$1$2.').replaceAll('/', '.');
  const [, block, member] = inBlock.exec(plain) ?? [];
  if (block !== undefined && member !== undefined) {
    const tail = member
      .replace(/^attention\.(out|to_out)$/, 'attention.to_out.0')
      .replace('attention.to_qkv', 'attention.qkv')
      .replace(/^adaLN_modulation$/, 'adaLN_modulation.0');
    return `${block}.${tail}`;
  }
  for (const [pattern, module] of outside) {
    const found = pattern.exec(plain);
    if (found) return module.endsWith('.') ? module + (found[1] ?? '') : module;
  }
  return undefined;
}

interface Block {
  readonly modulation: LinearLayer | undefined;
  readonly projections: readonly LinearLayer[];
  readonly gates: readonly LinearLayer[];
  readonly down: LinearLayer;
}

/**
 * The layers of the blocks where no name is left: a block is four square products, two that widen and
 * one that narrows again, in the order of computation, with a modulation before it. Blocks without one
 * refine the caption; as many of the others, the first ones, refine the image.
 */
export function modulesByPosition(
  index: GraphIndex,
  layers: readonly LinearLayer[],
): ReadonlyMap<string, LinearLayer> {
  const width = usual(layers.filter(({ rows, columns }) => rows === columns).map(({ rows }) => rows));
  const found = new Map<string, LinearLayer>();
  if (width === undefined) return found;
  const blocks = blocksOf(layers, width);
  const refiners = blocks.filter(({ modulation }) => !modulation).length;
  const seen = { caption: 0, image: 0 };
  for (const { modulation, projections, gates, down } of blocks) {
    let name = `context_refiner.${seen.caption}`;
    if (modulation) {
      const nth = seen.image++;
      name = nth < refiners ? `noise_refiner.${nth}` : `layers.${nth - refiners}`;
      found.set(`${name}.adaLN_modulation.0`, modulation);
    } else seen.caption++;
    for (const [i, member] of ['to_q', 'to_k', 'to_v', 'to_out.0'].entries()) {
      const layer = projections[i];
      if (layer) found.set(`${name}.attention.${member}`, layer);
    }
    const [one, other] = gates;
    // The gate is the one whose result goes through SiLU.
    const isSwapped = other !== undefined && isActivated(index, other) && !(one && isActivated(index, one));
    const [w1, w3] = isSwapped ? [other, one] : [one, other];
    if (w1) found.set(`${name}.feed_forward.w1`, w1);
    if (w3) found.set(`${name}.feed_forward.w3`, w3);
    found.set(`${name}.feed_forward.w2`, down);
  }
  const inBlocks = new Set(found.values());
  for (const layer of layers) {
    const module = inBlocks.has(layer) ? undefined : endModule(index, layer, width);
    if (module !== undefined && !found.has(module)) found.set(module, layer);
  }
  return found;
}

/** Hidden width of the time embedder, the same in every Z-Image model. */
const TIME_HIDDEN = 1024;

/** Layers before and after the blocks are told apart by the input they depend on. */
function endModule(index: GraphIndex, { x, rows, columns }: LinearLayer, width: number): string | undefined {
  const origins = originsOf(index, x);
  if (origins === 'time') {
    if (rows === TIME_HIDDEN) return 't_embedder.mlp.0';
    if (columns === TIME_HIDDEN) return 't_embedder.mlp.2';
    return rows === width ? 'all_final_layer.2-1.adaLN_modulation.1' : undefined;
  }
  if (origins === 'caption') return rows === width ? 'cap_embedder.1' : undefined;
  if (origins === 'latents') return rows === width ? 'all_x_embedder.2-1' : undefined;
  return columns === width && rows < width ? 'all_final_layer.2-1.linear' : undefined;
}

/** The only input of the graph that a value depends on, by its rank. */
function originsOf(index: GraphIndex, value: string): 'time' | 'caption' | 'latents' | 'several' {
  const ranks = new Map(index.model.inputs.map(({ name, shape }) => [name, shape.length]));
  const found = new Set<number>();
  const seen = new Set<string>();
  const pending = [value];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const rank = ranks.get(name);
    if (rank !== undefined) found.add(Math.min(4, Math.max(1, rank)));
    if (found.size > 1) return 'several';
    pending.push(...(index.maker(name)?.inputs ?? []));
  }
  const [rank] = found;
  if (rank === 1) return 'time';
  return rank === 3 ? 'caption' : 'latents';
}

function blocksOf(layers: readonly LinearLayer[], width: number): Block[] {
  const blocks: Block[] = [];
  let open: LinearLayer[] = [];
  for (const layer of layers) {
    const { rows, columns } = layer;
    const narrows = rows === width && columns > width;
    if (!narrows) {
      open.push(layer);
      continue;
    }
    const projections = open.filter((each) => each.rows === width && each.columns === width);
    const gates = open.filter((each) => each.rows === columns && each.columns === width);
    const modulation = open.findLast((each) => each.rows === 4 * width && each.columns <= width);
    open = [];
    // The embedder of the caption narrows as well and has none of this before it.
    if (projections.length === 4 && gates.length === 2)
      blocks.push({ modulation, projections, gates, down: layer });
  }
  return blocks;
}

const isActivated = (index: GraphIndex, { y }: LinearLayer): boolean =>
  index.readers(y).some(({ op }) => /^(Sigmoid|QuickGelu|Swish|Silu|BiasGelu)$/i.test(op));

function usual(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
