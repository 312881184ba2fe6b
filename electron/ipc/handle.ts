import { type IpcMainInvokeEvent, ipcMain } from 'electron';
import { UserError } from '../../nodes/core/errors.ts';
import { faultOf } from '../../nodes/protocol/errors.ts';
import { type Answer, type Channel, type ChannelInput, type ChannelOutput, channels } from './channels.ts';
import { invokeName } from './names.ts';

export type ChannelHandlers = {
  readonly [C in Channel]: (
    input: ChannelInput<C>,
    event: IpcMainInvokeEvent,
  ) => ChannelOutput<C> | Promise<ChannelOutput<C>>;
};

interface HandleOptions {
  /** Only pages of this origin, in a window's main frame, are answered. */
  readonly origin: string;
  readonly onDefect: (error: unknown, channel: Channel) => void;
}

const refused = (message: string): Answer<never> => ({ error: { message } });

/** Answers every channel: who asks is checked first, then what they ask, then it is done. */
export function handleChannels(handlers: ChannelHandlers, options: HandleOptions): void {
  for (const channel of Object.keys(channels) as Channel[])
    handleChannel(channel, handlers[channel], options);
}

function handleChannel<C extends Channel>(
  channel: C,
  handler: ChannelHandlers[C],
  { origin, onDefect }: HandleOptions,
): void {
  ipcMain.handle(invokeName(channel), async (event, input: unknown): Promise<Answer<ChannelOutput<C>>> => {
    if (!isFrom(event, origin)) return refused('Kronode answers only its own page.');
    const parsed = channels[channel].safeParse(input);
    if (!parsed.success) return refused(`${channel} was not asked as agreed: ${faultOf(parsed.error)}.`);
    try {
      return { value: await handler(parsed.data as ChannelInput<C>, event) };
    } catch (error) {
      if (error instanceof UserError)
        return {
          error: { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) },
        };
      onDefect(error, channel);
      return refused('Something went wrong inside Kronode.');
    }
  });
}

function isFrom({ senderFrame, sender }: IpcMainInvokeEvent, origin: string): boolean {
  // A frame that is gone, one inside the page, or one that was led elsewhere.
  return senderFrame !== null && senderFrame === sender.mainFrame && senderFrame.origin === origin;
}
