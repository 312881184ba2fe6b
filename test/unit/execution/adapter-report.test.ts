import { expect, it } from 'vitest';
import {
  type AdapterModuleReport,
  type AdapterReport,
  adapterReportText,
  blockNorms,
} from '../../../nodes/execution/adapter-report.ts';

const module = (
  name: string,
  block: string,
  more: Partial<AdapterModuleReport> = {},
): AdapterModuleReport => ({
  name,
  block,
  family: 'lokr',
  factors: '8×8 ⊗ 32×32',
  dtypes: ['BF16'],
  rank: undefined,
  alpha: undefined,
  scale: 1,
  dora: false,
  norm: 3,
  relativeNorm: undefined,
  ...more,
});
const report = (modules: AdapterModuleReport[], more: Partial<AdapterReport> = {}): AdapterReport => ({
  modules,
  unmatchedKeys: [],
  misfits: [],
  notices: [],
  ...more,
});

it('adds up the layers of a block as one vector, layers first and by number', () => {
  const modules = [
    module('cap_embedder.1', 'cap_embedder', { norm: 1, relativeNorm: 0.5 }),
    module('noise_refiner.0.x', 'noise_refiner.0', { norm: 1, relativeNorm: 0.5 }),
    module('layers.10.a', 'layers.10', { norm: 3, relativeNorm: 0.3 }),
    module('layers.10.b', 'layers.10', { norm: 4, relativeNorm: 0.4 }),
    module('layers.2.a', 'layers.2', { norm: 2, relativeNorm: 0.1 }),
  ];
  expect(blockNorms(report(modules)).map(({ block }) => block)).toEqual([
    'layers.2',
    'layers.10',
    'noise_refiner.0',
    'cap_embedder',
  ]);
  // ‖ΔW‖ = 5 against ‖W‖ = √(10² + 10²).
  expect(blockNorms(report(modules))[1]!.value).toBeCloseTo(5 / Math.sqrt(200), 10);
  const alone = modules.map((each) => ({ ...each, relativeNorm: undefined }));
  expect(blockNorms(report(alone))[1]!.value).toBe(5);
});

it('says in words how alpha is taken, what is left out and what to know', () => {
  const text = adapterReportText(
    report(
      [
        module('layers.0.a', 'layers.0', { alpha: 9_999_999_999 }),
        module('layers.0.b', 'layers.0', { family: 'lora', rank: 4, alpha: 2, scale: 0.5, dora: true }),
        module('layers.0.c', 'layers.0', { family: 'lora', rank: 4 }),
      ],
      {
        unmatchedKeys: Array.from({ length: 30 }, (_, i) => `key ${i}`),
        misfits: [{ keys: ['x.lora_A'], why: 'lora_up is missing' }],
        notices: ['It is odd.'],
      },
    ),
  );
  const lines = text.split('\n');
  expect(lines[0]).toBe('3 layers: LoKr ×1, LoRA with DoRA ×1, LoRA ×1');
  expect(text).toContain('full factors, scale 1 (alpha 1.000e+10 unused) ×1');
  expect(text).toContain('alpha 2 / rank 4 = scale 0.5 ×1');
  expect(text).toContain('no alpha, scale 1 ×1');
  expect(text).toContain('30 keys that match no layer\n  key 0');
  expect(text).toContain('… and 18 more');
  expect(text).toContain('not used, lora_up is missing\n  x.lora_A');
  expect(lines.at(-1)).toBe('note: It is odd.');
});
