/** Keys whose names differ between the page and Electron. */
const NAMES: Readonly<Record<string, string>> = {
  Mod: 'CommandOrControl',
  Ctrl: process.platform === 'darwin' ? 'Control' : 'Super',
  Escape: 'Esc',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
};
const KNOWN =
  /^(CommandOrControl|Control|Super|Alt|Shift|[A-Z0-9]|F([1-9]|1\d|2[0-4])|Plus|Space|Tab|Backspace|Delete|Insert|Enter|Up|Down|Left|Right|Home|End|PageUp|PageDown|Esc|[.,=/\\;'[\]`-])$/;

/**
 * A combination as the page writes it, such as `Mod+Shift+K`, in Electron's words; undefined for what
 * a menu cannot show.
 */
export function acceleratorOf(keys: string): string | undefined {
  const parts = keys.split('+').map((part) => NAMES[part] ?? part);
  // A menu key without modifiers would be taken from text fields on a Mac.
  if (process.platform === 'darwin' && parts.length === 1 && /^.$|^(Space|Enter|Backspace)$/.test(keys))
    return undefined;
  return parts.every((part) => KNOWN.test(part)) ? parts.join('+') : undefined;
}
