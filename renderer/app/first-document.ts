import { tell } from '../engine-client/run-session.ts';
import { loadTemplates, openTemplate, templateOf } from '../overlays/template-list.ts';
import { workspace } from '../state/workspace.ts';

const TEMPLATE = 'text-to-image';

/** A start with nothing to restore shows a graph that runs, instead of an empty canvas. */
export async function openFirstDocument(): Promise<void> {
  try {
    await loadTemplates();
    const template = templateOf(TEMPLATE);
    const { tabs } = workspace.getState();
    const isUntouched = tabs.length === 1 && Object.keys(tabs[0]?.store.document.nodes ?? {}).length === 0;
    if (template && isUntouched) openTemplate(template);
  } catch (error) {
    tell(error);
  }
}
