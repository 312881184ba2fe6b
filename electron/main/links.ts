import { shell } from 'electron';
import { z } from 'zod';
import { UserError } from '../../nodes/core/errors.ts';

/** Sites where models, adapters and Kronode itself come from; theirs are the links that are opened. */
const SITES = ['github.com', 'huggingface.co', 'modelscope.cn', 'civitai.com', 'onnxruntime.ai', 'arxiv.org'];

const isKnown = (host: string): boolean => SITES.some((site) => host === site || host.endsWith(`.${site}`));

const zLink = z
  .url({ protocol: /^https$/ })
  .max(2000)
  .transform((text) => new URL(text))
  .refine(({ host, username, password }) => isKnown(host) && username === '' && password === '');

/**
 * Opens a link in the person's browser.
 * @throws UserError for any but https links to sites that are known: a workflow may come from anywhere.
 */
export async function openLink(link: string): Promise<void> {
  const parsed = zLink.safeParse(link);
  if (!parsed.success)
    throw new UserError(`Kronode does not open ${link.slice(0, 200)}.`, {
      hint: `It opens https links to ${SITES.join(', ')}. Copy others into your browser.`,
    });
  await shell.openExternal(parsed.data.href);
}
