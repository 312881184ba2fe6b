import { tell } from '../engine-client/run-session.ts';
import { discardTab, saveTab, titleOfTab } from '../files/documents.ts';
import { useText } from '../i18n/index.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { tabOf } from '../state/workspace.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';

/** Asks what to do with changes that were not saved. */
export function CloseTab({ id }: { readonly id: string }) {
  const t = useText();
  const tab = tabOf(id);
  if (!tab) return null;
  const save = async () => {
    if (!(await saveTab(tab))) return;
    closeOverlay();
    discardTab(id);
  };
  return (
    <Dialog
      open
      onClose={closeOverlay}
      title={t('tab.close-question', { name: titleOfTab(tab) })}
      description={t('tab.close-hint')}
      className="w-[min(420px,92vw)]"
      actions={
        <>
          <Button onClick={closeOverlay}>{t('ui.cancel')}</Button>
          <Button
            look="danger"
            onClick={() => {
              closeOverlay();
              discardTab(id);
            }}
          >
            {t('tab.discard')}
          </Button>
          <Button look="accent" onClick={() => void save().catch(tell)}>
            {t('tab.save')}
          </Button>
        </>
      }
    >
      <div className="h-3" />
    </Dialog>
  );
}
