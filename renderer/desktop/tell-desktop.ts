import type { Answer, DesktopBridge } from '../../electron/ipc/channels.ts';
import { bindingsOf, onBindings } from '../editor/commands/key-bindings.ts';
import { tell } from '../engine-client/run-session.ts';
import { titleOfTab } from '../files/documents.ts';
import { language, onLanguage, text } from '../i18n/index.ts';
import { followTabs } from '../state/follow-tabs.ts';
import { runtimeStore } from '../state/runtime-store.ts';
import { uiStore } from '../state/ui-store.ts';
import { activeTab } from '../state/workspace.ts';
import { answered } from './bridge.ts';
import { unsavedTabs } from './desktop-events.ts';
import { describeMenu } from './menu-layout.ts';

/** Milliseconds of rest before the menu bar is brought up to date. */
const REST = 150;

/** Sends a description to the main process whenever it is another one. */
function teller<T>(describe: () => T, send: (description: T) => Promise<Answer<undefined>>): () => void {
  let told: string | undefined;
  return () => {
    const description = describe();
    const json = JSON.stringify(description);
    if (json === told) return;
    told = json;
    answered(send(description)).catch(tell);
  };
}

/** Keeps window title, menu bar and native looks in step with the editor. */
export function tellDesktop(bridge: DesktopBridge): void {
  const tellWindow = teller(() => {
    const unsaved = unsavedTabs();
    const tab = activeTab();
    return {
      title: `${unsaved.includes(tab) ? '● ' : ''}${titleOfTab(tab)} — Kronode`,
      unsaved: unsaved.map(titleOfTab),
    };
  }, bridge.setWindow);
  const tellLooks = teller(
    () => ({ theme: uiStore.getState().theme, language: language() }),
    bridge.setLooks,
  );
  const tellMenu = teller(() => describeMenu(text, bindingsOf), bridge.setMenu);
  let isWaiting = false;
  const menuSoon = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      tellMenu();
    }, REST);
  };

  followTabs(() => {
    tellWindow();
    menuSoon();
  });
  uiStore.subscribe(() => {
    tellLooks();
    menuSoon();
  });
  onLanguage(() => {
    tellLooks();
    tellWindow();
    menuSoon();
  });
  onBindings(menuSoon);
  runtimeStore.subscribe(menuSoon);
  tellLooks();
  tellWindow();
  tellMenu();
}
