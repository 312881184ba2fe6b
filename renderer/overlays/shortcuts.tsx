import { Eraser, RotateCcw } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { type CommandId, commands } from '../editor/commands/index.ts';
import {
  isCustom,
  resetBindings,
  setBindings,
  takenBy,
  useBindings,
} from '../editor/commands/key-bindings.ts';
import { type Keys, keyLabels, keysOf } from '../editor/commands/keys.ts';
import { useText } from '../i18n/index.ts';
import { closeOverlay } from '../state/overlay-store.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { cn } from '../ui/class-names.ts';
import { Dialog } from '../ui/dialog.tsx';
import { KeyCaps } from '../ui/key-caps.tsx';
import { TextField } from '../ui/text-field.tsx';

/** All commands with their keys; a click on the keys listens for new ones. */
export function ShortcutList({ query }: { readonly query: string }) {
  const t = useText();
  const groups = [...new Set(commands.map(({ group }) => group))];
  const wanted = query.trim().toLowerCase();
  const found = commands.filter(({ id }) => t(`cmd.${id}`).toLowerCase().includes(wanted));
  // A search for “shortcuts” itself means all of them.
  const shown = found.length > 0 ? found : commands;
  return (
    <div className="flex flex-col gap-4">
      {groups.map((group) => {
        const members = shown.filter((command) => command.group === group);
        if (members.length === 0) return null;
        return (
          <section key={group} aria-label={t(`cmds.${group}`)}>
            <p aria-hidden className="mb-1 text-label text-faint">
              {t(`cmds.${group}`)}
            </p>
            {members.map(({ id }) => (
              <Shortcut key={id} id={id} />
            ))}
          </section>
        );
      })}
      <Button
        className="self-start"
        disabled={!commands.some(({ id }) => isCustom(id))}
        onClick={resetBindings}
      >
        {t('shortcuts.reset-all')}
      </Button>
    </div>
  );
}

function Shortcut({ id }: { readonly id: CommandId }) {
  const t = useText();
  const bindings = useBindings()(id);
  const [isListening, setListening] = useState(false);
  /** Keys that were pressed and belong to another command. */
  const [wanted, setWanted] = useState<{ readonly keys: Keys; readonly owner: CommandId }>();
  const name = t(`cmd.${id}`);
  const onKey = (event: KeyboardEvent) => {
    if (!isListening) return;
    const pressed = keysOf(event.nativeEvent);
    if (pressed === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setListening(false);
    if (pressed === 'Escape') return;
    const owner = takenBy(pressed, id);
    if (owner === undefined) setBindings(id, [pressed]);
    else setWanted({ keys: pressed, owner });
  };
  return (
    <div className="border-b border-line/60">
      <div className="group flex h-8 items-center gap-1">
        <span className="flex-1">{name}</span>
        <span className="flex opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 [&_button]:size-6 [&_svg]:size-3.5">
          {isCustom(id) && (
            <IconButton label={`${t('shortcuts.reset')}: ${name}`} onClick={() => setBindings(id, undefined)}>
              <RotateCcw />
            </IconButton>
          )}
          {bindings.length > 0 && (
            <IconButton label={`${t('shortcuts.clear')}: ${name}`} onClick={() => setBindings(id, [])}>
              <Eraser />
            </IconButton>
          )}
        </span>
        <button
          type="button"
          className={cn(
            'flex h-6 min-w-20 items-center justify-end gap-3 rounded-chip px-2 hover:bg-control-hover',
            isListening && 'bg-accent text-on-accent',
          )}
          onClick={() => {
            setWanted(undefined);
            setListening(true);
          }}
          onBlur={() => setListening(false)}
          onKeyDown={onKey}
        >
          <span className="sr-only">{t('shortcuts.change', { name })}</span>
          {isListening ? (
            t('shortcuts.press')
          ) : bindings.length === 0 ? (
            <span className="text-faint">{t('shortcuts.none')}</span>
          ) : (
            bindings.map((key) => <KeyCaps key={key} keys={key} />)
          )}
        </button>
      </div>
      {wanted && (
        <div role="alert" className="flex items-center gap-2 pb-1.5 text-warn">
          <span className="flex-1">
            {t('shortcuts.conflict', {
              keys: keyLabels(wanted.keys).join(' '),
              name: t(`cmd.${wanted.owner}`),
            })}
          </span>
          <Button
            look="accent"
            onClick={() => {
              setBindings(id, [wanted.keys]);
              setWanted(undefined);
            }}
          >
            {t('shortcuts.use-here')}
          </Button>
          <Button onClick={() => setWanted(undefined)}>{t('shortcuts.keep')}</Button>
        </div>
      )}
    </div>
  );
}

export function Shortcuts() {
  const t = useText();
  const [query, setQuery] = useState('');
  return (
    <Dialog open onClose={closeOverlay} title={t('shortcuts.title')}>
      <div className="flex flex-col gap-4 p-4">
        <TextField
          autoFocus
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          placeholder={t('shortcuts.search')}
          aria-label={t('shortcuts.search')}
        />
        <ShortcutList query={query} />
      </div>
    </Dialog>
  );
}
