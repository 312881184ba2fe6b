import { canRun, commands, runCommand } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { useText } from '../i18n/index.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { KeyCaps } from '../ui/key-caps.tsx';
import { fit } from '../ui/ranked.ts';
import { SearchDialog } from '../ui/search-dialog.tsx';

/** Every command, found by typing. */
export function Palette() {
  const t = useText();
  const keys = useBindings();
  const offered = commands.filter(
    (command) =>
      command.id !== 'view.palette' &&
      // What belongs to a part of the window is of use while that is there.
      (command.scope === undefined || canRun(command)),
  );
  return (
    <SearchDialog
      title={t('cmd.view.palette')}
      placeholder={t('palette.placeholder')}
      none={t('palette.none')}
      things={offered}
      scoreOf={({ id }, word) => Math.max(2 * fit(t(`cmd.${id}`), word), fit(id, word))}
      groupOf={({ group }) => t(`cmds.${group}`)}
      isOff={(command) => !canRun(command)}
      row={(command) => {
        const [binding] = keys(command.id);
        return (
          <>
            <span>{t(`cmd.${command.id}`)}</span>
            {command.isOn?.() && <span className="text-accent">✓</span>}
            {binding && <KeyCaps keys={binding} />}
          </>
        );
      }}
      onChoose={({ id }) => runCommand(id)}
      onClose={closeOverlay}
    />
  );
}
