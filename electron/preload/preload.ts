import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { Channel, DesktopBridge, DesktopEvent } from '../ipc/channels.ts';
import { ENGINE_PORT_NAME, EVENT_NAME, invokeName } from '../ipc/names.ts';

const ask = (channel: Channel) => (input?: unknown) => ipcRenderer.invoke(invokeName(channel), input);

/** All that the page can reach of Electron: these functions, which pass plain data. */
const bridge: DesktopBridge = {
  ready: ask('ready'),
  connectEngine: ask('connectEngine'),
  openFile: ask('openFile'),
  pickFolder: ask('pickFolder'),
  saveFile: ask('saveFile'),
  revealFile: ask('revealFile'),
  revealPicture: ask('revealPicture'),
  setMenu: ask('setMenu'),
  setWindow: ask('setWindow'),
  setLooks: ask('setLooks'),
  closeWindow: ask('closeWindow'),
  readClip: ask('readClip'),
  onEvent(listener) {
    ipcRenderer.on(EVENT_NAME, (_event, told: DesktopEvent) => listener(told));
  },
  pathOf: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('kronode', bridge);

// Ports cannot cross the bridge; a message to the window itself is the way Electron has for them.
ipcRenderer.on(ENGINE_PORT_NAME, ({ ports }) =>
  window.postMessage(ENGINE_PORT_NAME, location.origin, [...ports]),
);
