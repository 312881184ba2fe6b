import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDocument } from '../../../nodes/document/open.ts';
import { DOCUMENT_VERSION } from '../../../nodes/document/schema.ts';
import { library } from '../../../nodes/library/index.ts';

const folder = fileURLToPath(new URL('../../fixtures/documents/', import.meta.url));
const frozen = readdirSync(folder).filter((name) => name.endsWith('.kronode.json'));

describe('frozen workflows', () => {
  it('are there for every version of the format, the current one too', () => {
    const versions = Array.from({ length: DOCUMENT_VERSION }, (_, i) => i + 1);
    const missing = versions.filter((version) => !existsSync(`${folder}format-${version}.kronode.json`));
    expect(missing, 'add test/fixtures/documents/format-<version>.kronode.json').toEqual([]);
  });

  it.each(frozen)('%s opens as it always did', async (name) => {
    const opened = openDocument(readFileSync(folder + name, 'utf8'), library);
    const snapshot = `${folder}${name.replace('.kronode.json', '.opened.json')}`;
    await expect(`${JSON.stringify(opened, null, 2)}\n`).toMatchFileSnapshot(snapshot);
  });

  it.each(frozen)('%s needs no repair but for the node this Kronode does not know', (name) => {
    const { problems } = openDocument(readFileSync(folder + name, 'utf8'), library);
    expect(problems.map(({ node, message }) => [node, message])).toEqual([
      ['other', 'There is no node type “elsewhere.sharpen”.'],
    ]);
  });
});
