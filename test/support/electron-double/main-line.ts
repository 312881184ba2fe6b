import type { FromMain, MainQuestion, StageQuestion, Surroundings, ToMain } from './messages.ts';
import { Pending } from './pending.ts';

/** The doubled main process's end of the line to the stage. */

const pending = new Pending();
const hearers: ((message: ToMain) => void)[] = [];
let answer: (question: StageQuestion) => Promise<unknown> = () => Promise.resolve(undefined);

export const surroundings = JSON.parse(process.env.ELECTRON_DOUBLE ?? '{}') as Surroundings;
// Not for the engine.
process.env.ELECTRON_DOUBLE = '';

/** A stage that is going away hears nothing more. */
export const post = (message: FromMain): void =>
  void process.send?.(message, undefined, undefined, () => undefined);
export const ask = <T>(question: MainQuestion): Promise<T> =>
  pending.ask<T>((id) => post({ kind: 'ask', id, question }));
export const did = (what: string, value: unknown): void => post({ kind: 'did', what, value });
export const hear = (hearer: (message: ToMain) => void): void => void hearers.push(hearer);
export const answerWith = (answerer: typeof answer): void => {
  answer = answerer;
};

process.on('message', (message: ToMain) => {
  if (message.kind === 'answer') pending.settle(message.id, message.answer);
  else if (message.kind === 'ask')
    void answer(message.question).then((result) => post({ kind: 'answer', id: message.id, answer: result }));
  else for (const hearer of hearers) hearer(message);
});
// A stage that went away takes the app with it.
process.on('disconnect', () => process.exit(0));
