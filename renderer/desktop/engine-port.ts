import type { DesktopBridge } from '../../electron/ipc/channels.ts';
import { ENGINE_PORT_NAME } from '../../electron/ipc/names.ts';
import { portTransport } from '../../nodes/protocol/port-transport.ts';
import type { Transport } from '../../nodes/protocol/transport.ts';
import { answered } from './bridge.ts';

/** A line to the engine's host in the main process, over a port that the preload script hands over. */
export const openEnginePort = (bridge: DesktopBridge) => (): Promise<Transport> =>
  new Promise((resolve, reject) => {
    const hear = ({ source, data, ports: [port] }: MessageEvent) => {
      if (source !== window || data !== ENGINE_PORT_NAME || !port) return;
      window.removeEventListener('message', hear);
      resolve(portTransport(port));
    };
    window.addEventListener('message', hear);
    answered(bridge.connectEngine()).catch((error: unknown) => {
      window.removeEventListener('message', hear);
      reject(error);
    });
  });
