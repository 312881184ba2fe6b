import { EventEmitter } from 'node:events';
import { hear, post } from './main-line.ts';

let count = 0;
const inPages = new Map<number, Port>();

/** MessagePortMain: one end stays here, the other may move into a page. */
export class Port extends EventEmitter {
  readonly id = ++count;
  peer: Port | undefined;
  /** Lies in a page now; its messages go there. */
  #isInPage = false;
  #isStarted = false;
  #isClosed = false;
  #early: unknown[] = [];

  start(): void {
    this.#isStarted = true;
    for (const data of this.#early.splice(0)) this.emit('message', { data, ports: [] });
  }

  postMessage(message: unknown): void {
    if (!this.#isClosed) this.peer?.receive(structuredClone(message));
  }

  receive(data: unknown): void {
    if (this.#isInPage) post({ kind: 'port', port: this.id, data });
    else if (this.#isStarted) setImmediate(() => this.emit('message', { data, ports: [] }));
    else this.#early.push(data);
  }

  moveToPage(): void {
    this.#isInPage = true;
    inPages.set(this.id, this);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isInPage) {
      inPages.delete(this.id);
      post({ kind: 'port-closed', port: this.id });
    } else setImmediate(() => this.emit('close'));
    this.peer?.close();
  }
}

export class MessageChannelMain {
  readonly port1 = new Port();
  readonly port2 = new Port();

  constructor() {
    this.port1.peer = this.port2;
    this.port2.peer = this.port1;
  }
}

hear((message) => {
  if (message.kind === 'port') inPages.get(message.port)?.postMessage(message.data);
  if (message.kind === 'port-closed') inPages.get(message.port)?.close();
});
