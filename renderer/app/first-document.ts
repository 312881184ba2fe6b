import { tell } from '../engine-client/run-session.ts';
import { openTab, workspace } from '../state/workspace.ts';
import { services } from './services.ts';

const TEMPLATE = 'text-to-image';

/** A start with nothing to restore shows a graph that runs, instead of an empty canvas. */
export async function openFirstDocument(): Promise<void> {
  try {
    const templates = await services().session.engine.call('document/templates');
    const template = templates.find(({ id }) => id === TEMPLATE);
    const { tabs } = workspace.getState();
    const isUntouched = tabs.length === 1 && Object.keys(tabs[0]?.store.document.nodes ?? {}).length === 0;
    if (template && isUntouched) openTab({ document: template.document });
  } catch (error) {
    tell(error);
  }
}
