import { expect, test } from 'vitest';
import { nodeGroups } from '../../../nodes/core/node.ts';
import { sockets } from '../../../nodes/core/sockets.ts';
import { library } from '../../../nodes/library/index.ts';
import { nodeWords } from '../../../renderer/i18n/messages/nodes.ts';

test('everything a node shows has Chinese words', () => {
  const missing: string[] = [];
  const need = (words: Readonly<Record<string, string | undefined>>, ...keys: string[]) => {
    if (!keys.some((key) => Object.hasOwn(words, key))) missing.push(keys.join(' or '));
  };
  for (const group of nodeGroups) need(nodeWords.groups, group);
  for (const { label } of Object.values(sockets)) need(nodeWords.sockets, label);
  for (const { type, inputs, outputs } of library.values()) {
    need(nodeWords.titles, type);
    need(nodeWords.docs, type);
    for (const [name, input] of Object.entries({ ...inputs, ...outputs })) {
      need(nodeWords.fields, name, `${type} ${name}`);
      if (input.doc) need(nodeWords.docs, `${type} ${name}`);
      if (input.kind !== 'choice') continue;
      for (const { value, doc } of input.options) if (doc) need(nodeWords.docs, `${type} ${name}=${value}`);
    }
  }
  expect(missing).toEqual([]);
});
