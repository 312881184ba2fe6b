import { Command } from 'cmdk';
import { Dialog } from 'radix-ui';
import { canRun, commands, runCommand } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { useText } from '../i18n/index.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { KeyCaps } from '../ui/key-caps.tsx';

/** Every command, found by typing. */
export function Palette() {
  const t = useText();
  const keys = useBindings();
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Dialog.Root open onOpenChange={(open) => !open && closeOverlay()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/30" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[14vh] left-1/2 z-40 w-[min(560px,92vw)] -translate-x-1/2 overflow-hidden rounded-node border border-line bg-raised shadow-raised outline-none"
        >
          <Dialog.Title className="sr-only">{t('cmd.view.palette')}</Dialog.Title>
          <Command loop>
            <Command.Input
              autoFocus
              className="search-input"
              placeholder={t('palette.placeholder')}
              aria-label={t('palette.placeholder')}
            />
            <Command.List className="max-h-[52vh] overflow-y-auto p-1">
              <Command.Empty className="px-2 py-3 text-dim">{t('palette.none')}</Command.Empty>
              {groups.map((group) => (
                <Command.Group key={group} heading={t(`cmds.${group}`)}>
                  {commands
                    .filter(
                      (command) =>
                        command.group === group &&
                        command.id !== 'view.palette' &&
                        // What belongs to a part of the window is of use while that is there.
                        (command.scope === undefined || canRun(command)),
                    )
                    .map((command) => {
                      const binding = keys(command.id)[0];
                      return (
                        <Command.Item
                          key={command.id}
                          value={`${t(`cmd.${command.id}`)} ${command.id}`}
                          disabled={!canRun(command)}
                          className="option-row"
                          onSelect={() => {
                            closeOverlay();
                            // The dialog gives the focus back first.
                            setTimeout(() => runCommand(command.id));
                          }}
                        >
                          <span>{t(`cmd.${command.id}`)}</span>
                          {command.isOn?.() && <span className="text-accent">✓</span>}
                          {binding && <KeyCaps keys={binding} />}
                        </Command.Item>
                      );
                    })}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
