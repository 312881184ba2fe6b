import { connectContract } from './client.ts';
import { calls, type EventPayload, events, PROTOCOL_VERSION } from './contract.ts';
import type { Client, Connection, Handlers } from './peer.ts';
import { connectAgain, type ReconnectingClient } from './reconnecting-client.ts';
import { serveContract } from './server.ts';
import type { Transport } from './transport.ts';

const engineContract = {
  version: PROTOCOL_VERSION,
  calls,
  events,
  latest: { 'run/preview': ({ job, node }: EventPayload<'run/preview'>) => `${job}/${node}` },
};
type EngineContract = typeof engineContract;

export type EngineClient = Client<EngineContract>;
export type ReconnectingEngineClient = ReconnectingClient<EngineContract>;
export type EngineConnection = Connection<EngineContract>;
export type EngineHandlers = Handlers<EngineContract>;

/** A client of the engine over one line. `onFault` hears of events that are not as agreed. */
export const connectEngine = (transport: Transport, onFault: (message: string) => void): EngineClient =>
  connectContract(engineContract, transport, { onFault });

/** A client of the engine that opens its line again whenever it breaks. */
export const connectEngineAgain = (
  open: () => Promise<Transport>,
  options: { readonly onFault: (message: string) => void; readonly delays?: readonly number[] },
): ReconnectingEngineClient => connectAgain(engineContract, open, options);

/** Answers one client of the engine. */
export const serveEngine = (
  transport: Transport,
  handlers: EngineHandlers,
  options: { readonly onDefect: (error: unknown, call: string) => void; readonly onReady?: () => void },
): EngineConnection => serveContract(engineContract, transport, handlers, options);
