import { UserError } from '../core/errors.ts';
import { faultOf } from './errors.ts';
import { LatestEvents } from './latest-events.ts';
import { type Message, type WireError, zMessage } from './messages.ts';
import type { Connection, Contract, Handlers } from './peer.ts';
import type { Transport } from './transport.ts';

interface ServeOptions {
  /** Hears of errors no caller can do anything about; they never go over the wire. */
  readonly onDefect: (error: unknown, call: string) => void;
  /** The client said hello and speaks the same protocol. */
  readonly onReady?: () => void;
}

/** Answers the calls of one client until the line closes. A client that breaks the protocol is cut off. */
export function serveContract<C extends Contract>(
  contract: C,
  transport: Transport,
  handlers: Handlers<C>,
  { onDefect, onReady }: ServeOptions,
): Connection<C> {
  let isReady = false;
  const post = (message: Message) => transport.post(message);
  const latest = new LatestEvents(({ name, payload }, receipt) =>
    post({ kind: 'event', name, payload, receipt }),
  );

  const answer = async (id: number, name: string, input: unknown): Promise<void> => {
    try {
      const call = Object.hasOwn(contract.calls, name) ? contract.calls[name] : undefined;
      const handler = handlers[name] as ((input: unknown) => unknown) | undefined;
      if (!call || !handler)
        return refuse(id, { code: 'unknown-call', message: `There is no call “${name.slice(0, 64)}”.` });
      const parsed = call.input.safeParse(input);
      if (!parsed.success)
        return refuse(id, {
          code: 'bad-input',
          message: `${name} was asked wrongly: ${faultOf(parsed.error)}.`,
        });
      post({ kind: 'result', id, output: await handler(parsed.data) });
    } catch (error) {
      if (error instanceof UserError)
        return refuse(id, {
          code: 'user',
          message: error.message,
          ...(error.hint !== undefined && { hint: error.hint }),
        });
      onDefect(error, name);
      refuse(id, {
        code: 'defect',
        message: `Something went wrong inside Kronode (${name}).`,
        hint: 'The log says more. Your work is safe; try again.',
      });
    }
  };
  const refuse = (id: number, error: WireError) => post({ kind: 'error', id, error });

  const greet = (protocol: number): void => {
    if (protocol === contract.version) {
      isReady = true;
      post({ kind: 'hello', protocol });
      onReady?.();
      return;
    }
    post({
      kind: 'refused',
      message: 'This window and the engine are of different versions of Kronode.',
      hint: 'Reload the page.',
    });
    transport.close();
  };

  transport.onMessage((raw) => {
    const { data: message } = zMessage.safeParse(raw);
    if (message?.kind === 'hello') greet(message.protocol);
    else if (message?.kind === 'call' && isReady) void answer(message.id, message.name, message.input);
    else if (message?.kind === 'received') latest.received(message.receipt);
    else transport.close();
  });

  return {
    emit(name, payload) {
      if (!isReady) return;
      const keyOf = contract.latest?.[name] as ((payload: unknown) => string) | undefined;
      if (keyOf) latest.add(name, keyOf(payload), payload);
      else post({ kind: 'event', name, payload });
    },
    close: () => transport.close(),
  };
}
