import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { zerosFor } from '../../../../nodes/inference/adapters/adapter-slots.ts';
import { layerSizes } from '../../../../nodes/inference/adapters/blocks.ts';
import { deltaOf } from '../../../../nodes/inference/adapters/delta.ts';
import { liveAdapter } from '../../../../nodes/inference/adapters/live-adapter.ts';
import { LiveBranches } from '../../../../nodes/inference/adapters/live-branch.ts';
import { loadModule } from '../../../../nodes/inference/adapters/matrix.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { fitsSlots, loadSlotFactors } from '../../../../nodes/inference/adapters/slot-factors.ts';
import { Graph } from '../../../../nodes/inference/onnx/graph.ts';
import { Session } from '../../../../nodes/inference/ort/session.ts';
import { adapterFile, type Content, weightsOf } from '../../../support/adapter-files.ts';

const [rows, columns, tokens] = [12, 8, 3];
const name = 'layers.0.attention.to_q';
const weights = weightsOf({ [name]: [rows, columns] });
const layers = layerSizes(weights);
const x = Float32Array.from({ length: tokens * columns }, (_, i) => Math.sin(i));

/** A layer whose weight is 0, with one slot: what comes out is the change alone. */
let slot: { readonly branches: LiveBranches; readonly session: Session };
beforeAll(async () => {
  const graph = new Graph('layer');
  const branches = new LiveBranches(graph, [], { slots: { count: 1, layers } });
  const input = graph.input('x', 'float32', ['tokens', columns]);
  const weight = graph.constant(new Float32Array(rows * columns), [rows, columns]);
  const y = branches.adapt({
    module: name,
    x: input,
    weight,
    bias: undefined,
    y: graph.linear(input, weight),
  });
  graph.output('y', y);
  slot = { branches, session: await Session.create(graph.build(), { provider: 'cpu', weights: 'packed' }) };
});
afterAll(() => slot.session.release());

type Outcome = 'refused' | 'built in' | 'in a slot';

/** Offers a file to the slot; where it is taken, what comes out must be ΔW x. */
async function offer(content: Content): Promise<Outcome> {
  let adapter: Awaited<ReturnType<typeof readAdapter>>;
  try {
    adapter = await readAdapter(await adapterFile(content), weights);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return 'refused';
  }
  if (!fitsSlots(adapter)) return 'built in';
  const live = await liveAdapter(adapter, weights);
  const factors = await loadSlotFactors(adapter, zerosFor(layers));
  const feeds = slot.branches.feeds([{ live, factors }], [{ strength: 1 }]);
  const { y } = await slot.session.run({ x: { dims: [tokens, columns], data: x }, ...feeds });
  const delta = deltaOf(await loadModule(adapter.modules.get(name)!));
  const size = Math.max(1e-30, ...delta.values.map(Math.abs));
  for (let i = 0; i < tokens * rows; i++) {
    const [token, row] = [Math.floor(i / rows), i % rows];
    let expected = 0;
    for (let j = 0; j < columns; j++) expected += x[token * columns + j]! * delta.values[row * columns + j]!;
    expect(Math.abs(y!.data[i]! - expected)).toBeLessThanOrEqual(size * 1e-4);
  }
  return 'in a slot';
}

const lora = (rank: number, more: Content = {}): Content => ({
  [`${name}.lora_down.weight`]: { shape: [rank, columns] },
  [`${name}.lora_up.weight`]: { shape: [rows, rank] },
  ...more,
});
const lokr = (w1: readonly number[], w2: readonly number[], more: Content = {}): Content => ({
  [`${name}.lokr_w1`]: { shape: w1 },
  [`${name}.lokr_w2`]: { shape: w2 },
  ...more,
});
const alpha = (value: number): Content => ({ [`${name}.alpha`]: { shape: [], values: [value] } });

const cases: Readonly<Record<string, readonly [Content, Outcome]>> = {
  'a rank far above the layer': [lora(16_384), 'in a slot'],
  'a rank above all that are read': [lora(16_385), 'refused'],
  'rank 0': [lora(0), 'refused'],
  'a layer of other sizes': [{ ...lora(2), [`${name}.lora_up.weight`]: { shape: [rows + 1, 2] } }, 'refused'],
  'two ranks': [{ ...lora(2), [`${name}.lora_up.weight`]: { shape: [rows, 3] } }, 'refused'],
  'NaN in a factor': [
    { ...lora(1), [`${name}.lora_up.weight`]: { shape: [rows, 1], values: Array(rows).fill(Number.NaN) } },
    'refused',
  ],
  'infinity in a factor': [
    lokr([1, 1], [rows, columns], {
      [`${name}.lokr_w1`]: { shape: [1, 1], values: [Number.NEGATIVE_INFINITY] },
    }),
    'refused',
  ],
  'an alpha that is no number': [lora(2, alpha(Number.NaN)), 'refused'],
  'an infinite alpha': [lora(2, alpha(Number.POSITIVE_INFINITY)), 'refused'],
  'an absurd alpha': [lora(2, alpha(1e30)), 'in a slot'],
  'all of a LoKr in its second factor': [lokr([1, 1], [rows, columns]), 'in a slot'],
  'all of a LoKr in its first factor': [lokr([rows, columns], [1, 1]), 'in a slot'],
  'a LoKr that makes a larger layer': [lokr([rows, columns], [2, 1]), 'refused'],
  'a LoKr without values': [lokr([0, 2], [3, 4]), 'refused'],
  DoRA: [lora(2, { [`${name}.dora_scale`]: { shape: [rows, 1] } }), 'built in'],
};

test.each(Object.entries(cases))('%s', async (_, [content, outcome]) => {
  expect(await offer(content)).toBe(outcome);
});

test('whatever sizes factors have, they are refused in a sentence, built in, or act as they should', async () => {
  const side = fc.constantFrom(0, 1, 2, 3, 4, 6, 8, 12, 13);
  const shape = fc.tuple(side, side);
  const strange = fc.constantFrom(undefined, 0, -3, 1e20, 9_999_999_999, Number.NaN);
  const withAlpha = (content: Content, value: number | undefined): Content =>
    value === undefined ? content : { ...content, ...alpha(value) };
  const contents = fc.oneof(
    fc
      .tuple(shape, shape, strange)
      .map(([down, up, value]) =>
        withAlpha(
          { [`${name}.lora_down.weight`]: { shape: down }, [`${name}.lora_up.weight`]: { shape: up } },
          value,
        ),
      ),
    fc.tuple(side, strange).map(([rank, value]) => withAlpha(lora(rank), value)),
    fc.tuple(shape, shape, strange).map(([w1, w2, value]) => withAlpha(lokr(w1, w2), value)),
    fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 6, 12), fc.constantFrom(1, 2, 4, 8), side, strange)
      .map(([o1, i1, rank, value]) =>
        withAlpha(
          {
            [`${name}.lokr_w1`]: { shape: [o1, i1] },
            [`${name}.lokr_w2_a`]: { shape: [rows / o1, rank] },
            [`${name}.lokr_w2_b`]: { shape: [rank, columns / i1] },
          },
          value,
        ),
      ),
    fc.tuple(side, side, strange).map(([r1, r2, value]) =>
      withAlpha(
        {
          [`${name}.hada_w1_a`]: { shape: [rows, r1] },
          [`${name}.hada_w1_b`]: { shape: [r1, columns] },
          [`${name}.hada_w2_a`]: { shape: [rows, r2] },
          [`${name}.hada_w2_b`]: { shape: [r2, columns] },
        },
        value,
      ),
    ),
  );
  const seen = new Set<Outcome>();
  await fc.assert(
    fc.asyncProperty(contents, async (content) => {
      seen.add(await offer(content));
    }),
    { numRuns: 150, seed: 7 },
  );
  expect(seen).toEqual(new Set<Outcome>(['refused', 'built in', 'in a slot']));
});
