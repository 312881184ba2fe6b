import { Eraser, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { type CommandId, commands } from '../editor/commands/index.ts';
import { isCustom, setBindings, useBindings } from '../editor/commands/key-bindings.ts';
import { keysOf } from '../editor/commands/keys.ts';
import { useText } from '../i18n/index.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { IconButton } from '../ui/button.tsx';
import { cn } from '../ui/class-names.ts';
import { Dialog } from '../ui/dialog.tsx';
import { KeyCaps } from '../ui/key-caps.tsx';
import { TextField } from '../ui/text-field.tsx';

/** All commands with their keys; a click on the keys listens for new ones. Settings may show it too. */
function ShortcutList() {
  const t = useText();
  const keys = useBindings();
  const [query, setQuery] = useState('');
  const [listening, setListening] = useState<CommandId | undefined>();
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <div className="flex flex-col gap-4 p-4">
      <TextField
        autoFocus
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        placeholder={t('shortcuts.search')}
        aria-label={t('shortcuts.search')}
      />
      {groups.map((group) => {
        const members = commands.filter(
          (command) =>
            command.group === group && t(`cmd.${command.id}`).toLowerCase().includes(query.toLowerCase()),
        );
        if (members.length === 0) return null;
        return (
          <section key={group}>
            <h3 className="mb-1 text-label text-faint">{t(`cmds.${group}`)}</h3>
            {members.map(({ id }) => {
              const name = t(`cmd.${id}`);
              return (
                <div key={id} className="group flex h-8 items-center gap-1 border-b border-line/60">
                  <span className="flex-1">{name}</span>
                  <span className="flex opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 [&_button]:size-6 [&_svg]:size-3.5">
                    {isCustom(id) && (
                      <IconButton label={t('shortcuts.reset')} onClick={() => setBindings(id, undefined)}>
                        <RotateCcw />
                      </IconButton>
                    )}
                    {keys(id).length > 0 && (
                      <IconButton label={t('shortcuts.clear')} onClick={() => setBindings(id, [])}>
                        <Eraser />
                      </IconButton>
                    )}
                  </span>
                  <button
                    type="button"
                    aria-label={t('shortcuts.change', { name })}
                    className={cn(
                      'flex h-6 min-w-20 items-center justify-end gap-3 rounded-chip px-2 hover:bg-control-hover',
                      listening === id && 'bg-accent text-on-accent',
                    )}
                    onClick={() => setListening(id)}
                    onBlur={() => setListening(undefined)}
                    onKeyDown={(event) => {
                      if (listening !== id) return;
                      const pressed = keysOf(event.nativeEvent);
                      if (pressed === undefined) return;
                      event.preventDefault();
                      event.stopPropagation();
                      if (pressed !== 'Escape') setBindings(id, [pressed]);
                      setListening(undefined);
                    }}
                  >
                    {listening === id ? (
                      t('shortcuts.press')
                    ) : keys(id).length === 0 ? (
                      <span className="text-faint">{t('shortcuts.none')}</span>
                    ) : (
                      keys(id).map((key) => <KeyCaps key={key} keys={key} />)
                    )}
                  </button>
                </div>
              );
            })}
          </section>
        );
      })}
    </div>
  );
}

export function Shortcuts() {
  const t = useText();
  return (
    <Dialog open onClose={closeOverlay} title={t('shortcuts.title')}>
      <ShortcutList />
    </Dialog>
  );
}
