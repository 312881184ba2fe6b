import { services } from '../../app/services.ts';
import { currentNumber, holdNumber, isHolding, letNumberGo } from '../../live/live-store.ts';
import { hasPins, pictureNode, pinPicture, removePinsOf } from '../../live/pins.ts';
import { setUi, uiStore } from '../../state/ui-store.ts';
import { activeTab } from '../../state/workspace.ts';
import type { Command } from './command.ts';
import { selectedNodes } from './context.ts';

/** Keys are about the live picture unless nodes are selected that have nothing to do with it. */
function isMeant(): boolean {
  const tab = activeTab();
  const number = currentNumber(tab);
  return (
    number !== undefined && selectedNodes().every((node) => node === number.node || node === pictureNode(tab))
  );
}

export const liveCommands: readonly Command[] = [
  {
    id: 'live.toggle',
    group: 'live',
    keys: ['L'],
    isOn: () => uiStore.getState().live,
    run: () => setUi({ live: !uiStore.getState().live }),
  },
  {
    id: 'live.before',
    group: 'live',
    keys: ['B'],
    when: () => isHolding() || currentNumber(activeTab()) !== undefined,
    isOn: isHolding,
    run: () => (isHolding() ? letNumberGo() : holdNumber(activeTab())),
    release: letNumberGo,
  },
  {
    id: 'live.pin',
    group: 'live',
    keys: ['P'],
    when: () => pictureNode(activeTab()) !== undefined && isMeant(),
    run: () => pinPicture(activeTab(), services().session.shownDocument(activeTab())),
  },
  {
    id: 'live.unpin-all',
    group: 'live',
    when: () => hasPins(activeTab().id),
    run: () => removePinsOf(activeTab().id),
  },
];
