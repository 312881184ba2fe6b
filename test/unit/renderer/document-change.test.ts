import { expect, test } from 'vitest';
import { library } from '../../../nodes/library/index.ts';
import { changeBetween } from '../../../renderer/engine-client/document-change.ts';
import { buildDocument, withInput } from '../../support/build-document.ts';

const document = buildDocument({ adapter: { type: 'adapters.apply' }, sample: { type: 'sampling.sample' } });

test('only changes of values that may move during a run count as live', () => {
  const moved = {
    ...document,
    nodes: { ...document.nodes, sample: { ...document.nodes.sample!, at: [5, 5] as [number, number] } },
  };
  expect(changeBetween(moved, document, library)).toBe('none');
  expect(changeBetween(withInput(document, 'adapter', { strength: 0.5 }), document, library)).toBe('live');
  expect(changeBetween(withInput(document, 'sample', { guidance: 2 }), document, library)).toBe('other');
  const muted = {
    ...document,
    nodes: { ...document.nodes, sample: { ...document.nodes.sample!, mode: 'mute' as const } },
  };
  expect(changeBetween(muted, document, library)).toBe('other');
});
