import { ConnectionLost, faultOf, RemoteError } from './errors.ts';
import { Listeners } from './listeners.ts';
import { type Message, zMessage } from './messages.ts';
import type { Client, Contract } from './peer.ts';
import type { Transport } from './transport.ts';

interface ClientOptions {
  /** Hears of events that break the contract; they are dropped. */
  readonly onFault: (message: string) => void;
  /** The other side said hello. */
  readonly onReady?: () => void;
  /** The other side will not talk to this version. */
  readonly onRefused?: (error: RemoteError) => void;
  /** Listeners that outlive this line. */
  readonly listeners?: Listeners;
}

interface Pending {
  readonly name: string;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The asking side of a contract over one line. Everything pending is rejected when the line closes. */
export function connectContract<C extends Contract>(
  contract: C,
  transport: Transport,
  { onFault, onReady, onRefused, listeners = new Listeners() }: ClientOptions,
): Client<C> {
  const pending = new Map<number, Pending>();
  let count = 0;
  /** Why nothing can be asked any more. */
  let lost: Error | undefined;
  const post = (message: Message) => transport.post(message);

  const settle = (id: number): Pending | undefined => {
    const call = pending.get(id);
    pending.delete(id);
    return call;
  };
  const hear = (name: string, payload: unknown): void => {
    const schema = Object.hasOwn(contract.events, name) ? contract.events[name] : undefined;
    const parsed = schema?.safeParse(payload);
    if (!parsed) onFault(`There is no event “${name.slice(0, 64)}”.`);
    else if (parsed.success) listeners.tell(name, parsed.data);
    else onFault(`The event ${name} is not as agreed: ${faultOf(parsed.error)}.`);
  };
  const finish = ({ name, resolve, reject }: Pending, output: unknown): void => {
    const parsed = contract.calls[name]?.output.safeParse(output);
    if (parsed?.success) resolve(parsed.data);
    else
      reject(
        new RemoteError(
          'bad-answer',
          `The answer to ${name} is not as agreed${parsed ? `: ${faultOf(parsed.error)}` : ''}.`,
        ),
      );
  };
  const fail = (error: Error): void => {
    lost ??= error;
    for (const call of pending.values()) call.reject(lost);
    pending.clear();
  };

  transport.onMessage((raw) => {
    const { data: message } = zMessage.safeParse(raw);
    switch (message?.kind) {
      case 'hello':
        return onReady?.();
      case 'refused': {
        const error = new RemoteError('user', message.message, message.hint);
        fail(error);
        return onRefused?.(error);
      }
      case 'result': {
        const call = settle(message.id);
        return call && finish(call, message.output);
      }
      case 'error': {
        const { code, message: sentence, hint } = message.error;
        return settle(message.id)?.reject(new RemoteError(code, sentence, hint));
      }
      case 'event':
        hear(message.name, message.payload);
        if (message.receipt !== undefined) post({ kind: 'received', receipt: message.receipt });
        return;
      default:
        transport.close();
    }
  });
  transport.onClose(() => fail(new ConnectionLost()));
  post({ kind: 'hello', protocol: contract.version });

  return {
    call: (name, ...[input]) =>
      new Promise((resolve, reject) => {
        if (lost) return reject(lost);
        const id = count++;
        pending.set(id, { name, resolve: resolve as (output: unknown) => void, reject });
        try {
          post({ kind: 'call', id, name, input });
        } catch (error) {
          pending.delete(id);
          reject(error);
        }
      }),
    on: (name, listener) => listeners.add(name, listener),
    close() {
      transport.close();
      fail(new ConnectionLost('The connection to Kronode was closed.', 'Open it again.'));
    },
  };
}
