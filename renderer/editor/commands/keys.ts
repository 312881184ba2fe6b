/** A combination as commands write it: `Mod+Shift+K`, the main key last. `Mod` is Ctrl, or ⌘ on a Mac. */
export type Keys = string;

const isMac = (): boolean => globalThis.navigator?.platform.startsWith('Mac') ?? false;

/** Keys whose names would not survive a `+`-separated text, and those that differ by layout. */
const names: Readonly<Record<string, string>> = { ' ': 'Space', '+': 'Plus' };
const modifiers = new Set(['Control', 'Shift', 'Alt', 'Meta']);

/** The combination a keyboard event stands for; undefined while only modifiers are held. */
export function keysOf(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>,
): Keys | undefined {
  if (modifiers.has(event.key)) return undefined;
  // Alt changes the letter on some layouts; the place of the key tells what is meant.
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1] ?? /^Digit(\d)$/.exec(event.code)?.[1];
  const special: Readonly<Record<string, string>> = {
    Period: '.',
    Equal: '=',
    Minus: '-',
    Comma: ',',
    Slash: '/',
  };
  const key = letter ?? special[event.code] ?? names[event.key] ?? event.key;
  const mod = isMac() ? event.metaKey : event.ctrlKey;
  const other = isMac() ? event.ctrlKey : event.metaKey;
  return [mod && 'Mod', other && 'Ctrl', event.altKey && 'Alt', event.shiftKey && 'Shift', key]
    .filter(Boolean)
    .join('+');
}

const macSymbols: Readonly<Record<string, string>> = { Mod: '⌘', Ctrl: '⌃', Alt: '⌥', Shift: '⇧' };
const symbols: Readonly<Record<string, string>> = {
  Mod: 'Ctrl',
  Enter: '↵',
  Escape: 'Esc',
  Delete: 'Del',
  Backspace: '⌫',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
};

/** The parts of a combination as they are printed on keys. */
export const keyLabels = (keys: Keys): string[] =>
  keys.split('+').map((key) => (isMac() ? macSymbols[key] : undefined) ?? symbols[key] ?? key);
