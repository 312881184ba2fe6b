import { createStore, useStore } from 'zustand';
import { keepText, keptText } from '../../state/kept-text.ts';
import { type Command, type CommandId, canRun, command, commands, runCommand } from './index.ts';
import { type Keys, keysOf } from './keys.ts';

type Overrides = Readonly<Partial<Record<CommandId, readonly Keys[]>>>;
const STORAGE = 'kronode.keys';

function saved(): Overrides {
  const text = keptText(STORAGE);
  if (!text) return {};
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(json).filter(
        ([id, keys]) =>
          commands.some((known) => known.id === id) &&
          Array.isArray(keys) &&
          keys.every((key) => typeof key === 'string'),
      ),
    );
  } catch {
    // A damaged entry is overwritten with the next change.
    return {};
  }
}

const overrides = createStore<{ readonly keys: Overrides }>(() => ({ keys: saved() }));

/** Calls `listener` whenever the user changes keys. */
export const onBindings = (listener: () => void): (() => void) => overrides.subscribe(listener);

/** Keys of a command: those the user chose, or the ones it comes with. */
export const bindingsOf = (id: CommandId): readonly Keys[] =>
  overrides.getState().keys[id] ?? command(id).keys ?? [];

/** As {@link bindingsOf}, for components. */
export function useBindings(): (id: CommandId) => readonly Keys[] {
  const keys = useStore(overrides, (state) => state.keys);
  return (id) => keys[id] ?? command(id).keys ?? [];
}

/** Sets the keys of a command and takes them from any other; undefined brings back its own. */
export function setBindings(id: CommandId, keys: readonly Keys[] | undefined): void {
  const next: Partial<Record<CommandId, readonly Keys[]>> = { ...overrides.getState().keys };
  if (keys) {
    for (const other of commands) {
      const taken = bindingsOf(other.id);
      if (other.id !== id && meet(other, command(id)) && taken.some((key) => keys.includes(key)))
        next[other.id] = taken.filter((key) => !keys.includes(key));
    }
    next[id] = keys;
  } else delete next[id];
  keepText(STORAGE, JSON.stringify(next));
  overrides.setState({ keys: next }, true);
}

/** The other command that has these keys now. */
export const takenBy = (keys: Keys, id: CommandId): CommandId | undefined =>
  commands.find((other) => other.id !== id && meet(other, command(id)) && bindingsOf(other.id).includes(keys))
    ?.id;

/** Whether two commands listen in the same place; those about pictures do wherever there are some. */
const meet = (a: Command, b: Command): boolean =>
  a.scope === b.scope ||
  (a.scope !== undefined && b.scope !== undefined && [a.scope, b.scope].includes('pictures'));

/** Every command gets back the keys it came with. */
export function resetBindings(): void {
  keepText(STORAGE, undefined);
  overrides.setState({ keys: {} }, true);
}

export const isCustom = (id: CommandId): boolean => overrides.getState().keys[id] !== undefined;

const editable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('input:not([type=checkbox]):not([type=range]), textarea, select'));

/** A surface that has the keyboard to itself: a menu, a dialog, a list. */
const enclosed = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('[role=dialog], [role=menu], [role=listbox]:not([data-scope])') !== null;

/** These act through the clipboard events of the page, so that no permission is asked. */
const native: ReadonlySet<Keys> = new Set(['Mod+C', 'Mod+X', 'Mod+V', 'Mod+Shift+V']);
/** With these a focused control does something of its own. */
const controlKeys: ReadonlySet<Keys> = new Set([
  'Space',
  'Enter',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
]);
const control = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('button, a, [role=slider], [role=tab], [role=separator]') !== null;

/** Controls that keys are for before they are for the part of the window around. */
const meansItself = (control: HTMLElement, keys: Keys): boolean =>
  control.closest(
    keys === 'Enter' || keys === 'Space'
      ? 'button, a, input, textarea'
      : /Arrow/.test(keys)
        ? '[role=slider], [role=radio], [role=separator], input, textarea'
        : 'input, textarea',
  ) !== null;

/**
 * Runs the command a key stands for in the part of the window it was pressed in; true where it is one,
 * even if it cannot be done now.
 */
function dispatchScoped(event: KeyboardEvent, keys: Keys): boolean {
  const { target } = event;
  if (event.eventPhase === Event.CAPTURING_PHASE && !isHeld(keys)) return false;
  const part = target instanceof HTMLElement && target.closest<HTMLElement>('[data-scope]');
  if (!part || meansItself(target, keys)) return false;
  const scopes = part.dataset.scope?.split(' ') ?? [];
  const found = commands.find(
    (known) =>
      known.scope !== undefined && scopes.includes(known.scope) && bindingsOf(known.id).includes(keys),
  );
  if (!found) return false;
  if (!canRun(found)) return true;
  event.preventDefault();
  event.stopPropagation();
  runCommand(found.id);
  return true;
}

/** Combinations that are no text. */
const isHeld = (keys: Keys): boolean => keys.includes('Mod+') || keys.includes('Alt+') || /^F\d/.test(keys);

/**
 * Runs the command a key stands for. Called with every key that passes the window, on its way down
 * to the focused control and, where that left it alone, up again.
 */
export function dispatchKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const keys = keysOf(event);
  if (keys === undefined || dispatchScoped(event, keys) || enclosed(event.target)) return;
  const combined = isHeld(keys);
  // On the way down only what no control can mean: a focused menu button would take Ctrl+Enter for Enter.
  if (event.eventPhase === Event.CAPTURING_PHASE && !combined) return;
  if (editable(event.target)) {
    // Text keeps its own undo, clipboard and cursor keys; only what cannot mean text goes on.
    if (!combined || /^Mod\+(Shift\+)?[ACVXZY]$/.test(keys) || /Arrow|Backspace|Delete/.test(keys)) return;
  }
  if (controlKeys.has(keys) && control(event.target)) return;
  if (native.has(keys)) return;
  const found = commands.find(
    (known) => known.scope === undefined && bindingsOf(known.id).includes(keys) && canRun(known),
  );
  if (!found) return;
  event.preventDefault();
  event.stopPropagation();
  if (found.release) {
    // A key that is held repeats; the command lasts meanwhile.
    if (event.repeat) return;
    held = { code: event.code, release: found.release };
  }
  runCommand(found.id);
}

/** The key that is held for a command. */
let held: { readonly code: string; readonly release: () => void } | undefined;

/** Ends what lasts while a key is held: with that key, or without one when the window loses them all. */
export function releaseKey(code?: string): void {
  if (!held || (code !== undefined && code !== held.code)) return;
  const { release } = held;
  held = undefined;
  release();
}
