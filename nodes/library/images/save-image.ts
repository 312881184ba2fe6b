import { boolean, choice, socket, text } from '../../core/inputs.ts';
import { version } from '../../core/version.ts';
import { DOCUMENT_TEXT_KEY, RUN_TEXT_KEY } from '../../document/embedding/keys.ts';
import { serializeDocument } from '../../document/open.ts';
import { defineNode } from '../../execution/define-node.ts';
import { showPictures } from '../show-pictures.ts';

export default defineNode({
  type: 'images.save',
  version: 1,
  title: 'Save image',
  group: 'Images',
  keywords: ['write', 'export', 'png', 'webp', 'output'],
  doc:
    'Writes pictures into the output folder, never over a file that is there. With the workflow inside, ' +
    'dropping such a picture on the canvas brings back what made it.',
  inputs: {
    image: socket('IMAGE'),
    name: text({
      default: 'kronode',
      maxLength: 200,
      doc: 'Start of the file name; a / makes a sub-folder. {seed}, {title}, {date} and {time} are filled in.',
    }),
    format: choice(['png', 'webp']),
    workflow: boolean({ default: true, doc: 'Put the workflow and the values really used into the file.' }),
  },
  outputs: {},
  effect: 'write',
  async run(ctx, { image, name, format, workflow }) {
    const facts = ctx.facts();
    const texts = workflow
      ? {
          [DOCUMENT_TEXT_KEY]: serializeDocument(ctx.document),
          [RUN_TEXT_KEY]: JSON.stringify({ facts, node: ctx.node, version }),
        }
      : {};
    const title = ctx.document.meta?.title ?? '';
    const seeds = facts.findLast((fact) => fact.kind === 'sampling')?.seeds ?? [];
    const saved = await ctx.services.pictures.save(image, { name, title, seeds, format, texts });
    for (const picture of saved) ctx.artifact({ kind: 'saved-picture', ...picture });
    return {};
  },
  async rehearse(ctx, { image }) {
    await showPictures(ctx, image);
    return {};
  },
});
