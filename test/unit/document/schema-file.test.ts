import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { zDocument } from '../../../nodes/document/schema.ts';

const file = fileURLToPath(new URL('../../../workflows/workflow.schema.json', import.meta.url));

// Editors complete and check workflow files with it. `npm run schema` writes it anew.
it('workflows/workflow.schema.json is what the document schema says', async () => {
  const schema = { title: 'Kronode workflow', ...z.toJSONSchema(zDocument, { unrepresentable: 'any' }) };
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});
