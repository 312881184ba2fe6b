import type { Channel } from './channels.ts';

/** What the messages between page and main process are called. */
export const invokeName = (channel: Channel): string => `kronode:${channel}`;
export const EVENT_NAME = 'kronode:event';
/** Also what the page hears, with the port, as a message to its window. */
export const ENGINE_PORT_NAME = 'kronode:engine-port';
