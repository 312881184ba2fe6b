import { expect, test } from 'vitest';
import { isWorkflowName, workflowTitle } from '../../../nodes/document/file-name.ts';

test.each([
  ['owl.kronode.json', 'owl'],
  ['owl.kronode', 'owl'],
  ['owl.KRONODE', 'owl'],
  ['my.owl.json', 'my.owl'],
  ['owl_00001.png', 'owl_00001'],
  ['owl.kronode.webp', 'owl'],
  ['kronode', 'kronode'],
  ['owl.txt', 'owl.txt'],
])('%s is called %s', (name, title) => {
  expect(workflowTitle(name)).toBe(title);
});

test('both endings are those of workflows; a picture is read in another way', () => {
  expect(['a.kronode', 'a.kronode.json', 'a.JSON'].map(isWorkflowName)).toEqual([true, true, true]);
  expect(['a.png', 'kronode', 'a.kronode.txt'].map(isWorkflowName)).toEqual([false, false, false]);
});
