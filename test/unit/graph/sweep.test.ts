import { produce } from 'immer';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../../nodes/document/schema.ts';
import { type Plan, planRun } from '../../../nodes/graph/plan.ts';
import { originOf } from '../../../nodes/graph/planned-node.ts';
import { expandSweeps } from '../../../nodes/graph/sweep.ts';
import { library } from '../../../nodes/library/index.ts';
import { pack } from '../../../renderer/editor/edits/subgraphs.ts';
import { itemKey } from '../../../renderer/state/item-key.ts';
import { buildDocument } from '../../support/build-document.ts';

type Inputs = Document['nodes'][string]['inputs'];

/** Prompt and size feed the sampler; the sweep varies what leads to its picture. */
const document = (inputs: Inputs, more: Parameters<typeof buildDocument>[0] = {}, wires: string[] = []) =>
  buildDocument(
    {
      model: { type: 'models.load' },
      adapter: { type: 'adapters.apply', inputs: { adapter: 'a.safetensors' } },
      prompt: { type: 'prompts.encode', inputs: { text: 'a fox' } },
      size: { type: 'latents.empty' },
      noise: { type: 'sampling.noise' },
      schedule: { type: 'sampling.schedule' },
      sample: { type: 'sampling.sample' },
      decode: { type: 'images.decode' },
      sweep: { type: 'sweeps.xy', inputs },
      ...more,
    },
    [
      'model.model > adapter.model',
      'model.text_encoder > prompt.text_encoder',
      'adapter.model > sample.model',
      'prompt.conditioning > sample.positive',
      'size.latent > sample.latent',
      'noise.noise > sample.noise',
      'schedule.sigmas > sample.sigmas',
      'model.vae > decode.vae',
      'sample.latent > decode.latent',
      'decode.image > sweep.image',
      ...wires,
    ],
  );

const planOf = (of: Document, targets?: string[]): Plan =>
  expandSweeps(planRun(of, library, targets), of, (changed, target) => planRun(changed, library, [target]));

/** How often each node of the document is computed. */
const counts = ({ nodes }: Plan): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const planned of nodes.values()) found[originOf(planned)] = (found[originOf(planned)] ?? 0) + 1;
  return found;
};
const messages = ({ problems }: Plan) => problems.map(({ message }) => message);

describe('a sweep', () => {
  it('has a copy of each node for every value that reaches it, and one where none does', () => {
    const plan = planOf(
      document({ x: 'adapter.strength', x_values: '0, 0.5, 1', y: 'noise.seed', y_values: '1, 2' }),
    );
    expect(plan.problems).toEqual([]);
    expect(counts(plan)).toEqual({
      model: 1,
      adapter: 3,
      prompt: 1,
      size: 1,
      noise: 2,
      schedule: 1,
      sample: 6,
      decode: 6,
      sweep: 1,
    });
    expect(plan.nodes.get('sweep')!.sweep).toEqual({
      columns: ['strength 0', 'strength 0.5', 'strength 1'],
      rows: ['seed 1', 'seed 2'],
    });
    expect(Object.keys(plan.nodes.get('sweep')!.wired)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `cell ${i}`));
  });

  it('lists every node after what feeds it', () => {
    const plan = planOf(document({ x: 'prompt.text', x_values: 'a fox\na cat\na dog' }));
    const seen = new Set<string>();
    for (const { id, wired } of plan.nodes.values()) {
      for (const { from } of Object.values(wired)) expect(seen).toContain(from[0]);
      seen.add(id);
    }
  });

  it('shares a cell with the picture itself where the values are the same', () => {
    const withPreview = document(
      { x: 'noise.seed', x_values: '0, 1' },
      { shown: { type: 'images.preview' } },
      ['decode.image > shown.image'],
    );
    const plan = planOf(withPreview);
    expect(counts(plan)).toMatchObject({ sample: 2, noise: 2, shown: 1 });
    expect(plan.nodes.get('sweep')!.wired['cell 0']!.from[0]).toBe('decode');
  });

  it('computes nothing of the picture itself that no cell needs', () => {
    const plan = planOf(document({ x: 'noise.seed', x_values: '5, 6' }));
    expect(plan.nodes.has('noise')).toBe(false);
    expect(counts(plan).noise).toBe(2);
  });

  it('wins over a wire, for as long as it lasts', () => {
    const wired = document(
      { x: 'adapter.strength', x_values: '0.2, 0.4' },
      { number: { type: 'values.number', inputs: { value: 1 } } },
      ['number.value > adapter.strength'],
    );
    const plan = planOf(wired);
    const strengths = [...plan.nodes.values()].flatMap((planned) =>
      originOf(planned) === 'adapter' ? [planned.values.strength] : [],
    );
    expect(strengths).toEqual([0.2, 0.4]);
    expect(plan.nodes.has('number')).toBe(false);
  });

  it('feeds what follows it', () => {
    const saved = document({ x: 'noise.seed', x_values: '1, 2' }, { save: { type: 'images.save' } }, [
      'sweep.grid > save.image',
    ]);
    expect(planOf(saved, ['save']).nodes.get('save')!.wired.image!.from).toEqual(['sweep', 'grid']);
  });

  it('varies the rows of a list', () => {
    const rows = [
      { adapter: 'a', strength: 1, enabled: true },
      { adapter: 'b', strength: 1, enabled: true },
    ];
    const stacked = document(
      { x: 'stack.adapters.2.strength', x_values: '0, 2' },
      { stack: { type: 'adapters.stack', inputs: { adapters: rows } } },
      ['adapter.model > stack.model', 'stack.model > sample.model'],
    );
    const plan = planOf({ ...stacked, wires: withoutFirst(stacked.wires, 'sample', 'model') });
    const lists = [...plan.nodes.values()].flatMap((planned) =>
      originOf(planned) === 'stack' ? [planned.values.adapters] : [],
    );
    expect(lists).toEqual([
      [rows[0], { ...rows[1], strength: 0 }],
      [rows[0], { ...rows[1], strength: 2 }],
    ]);
  });
});

describe('subgraphs', () => {
  const packed = (of: Document, ...ids: string[]) =>
    produce(of, (draft) => {
      pack(
        draft,
        of,
        ids.map((id) => itemKey('node', id)),
        'Packed',
      );
    });

  it('a sweep inside one varies what lies beside it', () => {
    const whole = document({ x: 'noise.seed', x_values: '1, 2' });
    const plan = planOf(packed(whole, ...Object.keys(whole.nodes)));
    expect(plan.problems).toEqual([]);
    const ids = Object.entries(counts(plan)).map(([id, count]) => [id.split('/').at(-1), count]);
    expect(Object.fromEntries(ids)).toMatchObject({ noise: 2, sample: 2, model: 1, sweep: 1 });
  });

  it('a sweep beside one varies what leads through it', () => {
    const plan = planOf(packed(document({ x: 'noise.seed', x_values: '1, 2' }), 'sample', 'decode'));
    expect(plan.problems).toEqual([]);
    expect(Object.values(counts(plan)).filter((count) => count === 2)).toHaveLength(3);
  });
});

/** A document's wires without the first one into an input. */
function withoutFirst(wires: Document['wires'], node: string, input: string): Document['wires'] {
  const first = Object.entries(wires).find(([, { to }]) => to[0] === node && to[1] === input)?.[0];
  return Object.fromEntries(Object.entries(wires).filter(([id]) => id !== first));
}

describe('what keeps a sweep from running', () => {
  it.each<[string, Inputs, string]>([
    ['nothing to vary', {}, 'nothing is chosen to vary'],
    ['a node that is not there', { x: 'gone.strength' }, 'there is no node gone'],
    ['no values', { x: 'noise.seed', x_values: '' }, 'no values to try'],
    [
      'too many pictures',
      { x: 'noise.seed', x_values: '1..32', y: 'adapter.strength', y_values: '0..1 in 32' },
      '1024 pictures are more than the 256',
    ],
    ['an input that leads elsewhere', { x: 'sweep.gap', x_values: '1, 2' }, 'has no part in the picture'],
  ])('%s', (_, inputs, message) => {
    const plan = planOf(document(inputs));
    expect(messages(plan).join()).toContain(message);
    expect(plan.problems.every(({ node }) => node === 'sweep')).toBe(true);
  });

  it('another sweep inside it', () => {
    const nested = document(
      { x: 'noise.seed', x_values: '1, 2' },
      { outer: { type: 'sweeps.strength', inputs: { strength: 'adapter.strength' } } },
      ['sweep.grid > outer.image'],
    );
    expect(messages(planOf(nested)).join()).toContain('“XY plot” lies inside another sweep.');
  });

  it('is told once where it concerns the picture itself', () => {
    const broken = document({ x: 'noise.seed', x_values: '1, 2' });
    const { w5: _noise, ...wires } = broken.wires;
    const plan = planOf({ ...broken, wires });
    expect(new Set(messages(plan)).size).toBe(messages(plan).length);
  });
});
