/**
 * What runs in the page: Electron's two ends of the context bridge. Both functions are sent to the
 * browser as text, so that they use nothing from outside themselves.
 */

/** In the page's own world, before its scripts: turns what the preload script exposes into functions. */
export function pageSide(): void {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const callbacks: ((...args: readonly unknown[]) => void)[] = [];
  let count = 0;
  const send = (message: object) => window.postMessage({ bridge: 'page', ...message }, location.origin);
  document.addEventListener('electron-double', (event) => {
    const { key, names } = JSON.parse((event as CustomEvent<string>).detail) as {
      key: string;
      names: string[];
    };
    const functions = names.map((name) => [
      name,
      (...args: readonly unknown[]) => {
        const id = ++count;
        const sent = args.map((arg) =>
          typeof arg === 'function' ? { callback: callbacks.push(arg as () => void) - 1 } : { value: arg },
        );
        return new Promise((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          send({ kind: 'call', id, key, name, args: sent });
        });
      },
    ]);
    Object.defineProperty(window, key, { value: Object.freeze(Object.fromEntries(functions)) });
  });
  window.addEventListener('message', ({ data }) => {
    if (data?.bridge !== 'preload') return;
    if (data.kind === 'callback') return callbacks[data.callback]?.(...data.args);
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) call?.resolve(data.value);
    else call?.reject(new Error(data.error));
  });
}

/** In the preload script's isolated world, before that script: `require('electron')`. */
export function preloadSide(): void {
  type Listener = (event: object, ...args: readonly unknown[]) => void;
  const world = globalThis as unknown as {
    electronDouble: (message: string) => void;
    electronDeliver: (message: string) => void;
    require: (name: string) => unknown;
  };
  const toStage = world.electronDouble;
  const listeners = new Map<string, Listener[]>();
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const ports = new Map<number, MessagePort>();
  let count = 0;

  // Bytes and what is undefined, as JSON has neither.
  const encode = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) => {
      if (part === undefined) return { $undefined: true };
      if (!(part instanceof Uint8Array)) return part;
      let text = '';
      for (let at = 0; at < part.length; at += 0x8000)
        text += String.fromCharCode(...part.subarray(at, at + 0x8000));
      return { $bytes: btoa(text) };
    });
  const revive = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(revive);
    if ('$undefined' in part) return undefined;
    if ('$bytes' in part) return Uint8Array.from(atob(String(part.$bytes)), (c) => c.charCodeAt(0));
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, revive(value)]));
  };
  const send = (message: object) => toStage(encode(message));

  world.electronDeliver = (json) => {
    const message = revive(JSON.parse(json)) as {
      kind: string;
      id: number;
      channel: string;
      args: unknown[];
      port: number;
      ports: number[];
      data: unknown;
      outcome: { value?: unknown; error?: string };
    };
    switch (message.kind) {
      case 'result': {
        const call = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.outcome.error === undefined) call?.resolve(message.outcome.value);
        else call?.reject(new Error(message.outcome.error));
        return;
      }
      case 'send':
        for (const listener of listeners.get(message.channel) ?? []) listener({ ports: [] }, ...message.args);
        return;
      case 'ports': {
        const handed = message.ports.map((id) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => send({ kind: 'port', port: id, data });
          ports.set(id, port1);
          return port2;
        });
        for (const listener of listeners.get(message.channel) ?? [])
          listener({ ports: handed }, ...message.args);
        return;
      }
      case 'port':
        return ports.get(message.port)?.postMessage(message.data);
      case 'port-closed':
        ports.get(message.port)?.close();
        ports.delete(message.port);
    }
  };

  const ipcRenderer = {
    invoke: (channel: string, ...args: readonly unknown[]) =>
      new Promise((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve, reject });
        send({ kind: 'invoke', id, channel, args });
      }),
    on(channel: string, listener: Listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
    },
  };
  const toPage = (message: object) => window.postMessage({ bridge: 'preload', ...message }, location.origin);
  const contextBridge = {
    exposeInMainWorld(key: string, api: Readonly<Record<string, (...args: unknown[]) => unknown>>) {
      window.addEventListener('message', ({ data }) => {
        if (data?.bridge !== 'page' || data.key !== key) return;
        const args = (data.args as { callback?: number; value?: unknown }[]).map(({ callback, value }) =>
          callback === undefined
            ? value
            : (...told: readonly unknown[]) => toPage({ kind: 'callback', callback, args: told }),
        );
        Promise.resolve(api[data.name]?.(...args)).then(
          (value) => toPage({ kind: 'return', id: data.id, value }),
          (error: unknown) => toPage({ kind: 'return', id: data.id, error: String(error) }),
        );
      });
      const detail = JSON.stringify({ key, names: Object.keys(api) });
      document.dispatchEvent(new CustomEvent('electron-double', { detail }));
    },
  };
  // Chromium does not tell where a file lies; a scenario leaves the folder it drops from in the page's storage.
  const webUtils = {
    getPathForFile: ({ name }: File) => `${localStorage.getItem('dropped-from') ?? ''}/${name}`,
  };
  world.require = (name) => {
    if (name !== 'electron') throw new Error(`A sandboxed preload script cannot load ${name}.`);
    return { contextBridge, ipcRenderer, webUtils };
  };
}
