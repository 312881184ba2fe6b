import { choice, socket, text } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'prompts.encode',
  version: 1,
  title: 'Encode prompt',
  group: 'Prompts',
  keywords: ['clip', 'text', 'conditioning', 'caption', 'negative'],
  doc:
    'Turns a prompt into the features that guide sampling. Use it for a negative prompt too. ' +
    'With “one per line”, every line becomes the prompt of one picture of the batch.',
  inputs: {
    text_encoder: socket('TEXT_ENCODER'),
    text: text({ multiline: true, doc: 'What the picture should show.' }),
    prompts: choice(
      [
        { value: 'one', doc: 'The whole text is one prompt, used for every picture of a batch.' },
        { value: 'one per line', doc: 'Each line that is not empty is the prompt of one picture.' },
      ],
      { advanced: true },
    ),
  },
  outputs: { conditioning: output('CONDITIONING') },
  async run(ctx, { text_encoder, text, prompts }) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const texts = prompts === 'one per line' && lines.length > 0 ? lines : [text];
    const captions = [];
    for (const prompt of texts) {
      const { caption, truncated } = await ctx.services.text.encode(
        text_encoder,
        prompt,
        ctx.signal,
        (done, total) => ctx.progress({ done, total, unit: 'layer' }),
      );
      if (truncated > 0)
        ctx.notice(
          `The prompt is ${truncated} token${truncated === 1 ? '' : 's'} too long; its end was left out: “${prompt.slice(0, 40)}…”`,
        );
      captions.push(caption);
      ctx.record({ kind: 'prompt', text: prompt });
      if (texts.length > 1) ctx.progress({ done: captions.length, total: texts.length, unit: 'prompt' });
    }
    ctx.record({ kind: 'text-encoder', file: text_encoder.part.file });
    return { conditioning: { captions } };
  },
});
