import { EventEmitter } from 'node:events';

/** Gives a Node process the `parentPort` that Electron gives a utility process. */
const parentPort = new EventEmitter();
// Messages wait for whoever listens first.
parentPort.once('newListener', () =>
  process.on('message', (data) => parentPort.emit('message', { data, ports: [] })),
);
// Electron ends its utility processes itself.
process.on('disconnect', () => process.exit());
Object.assign(process, {
  parentPort: Object.assign(parentPort, {
    postMessage: (message: object) => void process.send?.(message),
  }),
});
