import { keyLabels } from '../editor/commands/keys.ts';

/** A key combination as people know it from their keyboard: `Mod+Shift+K` → Ctrl Shift K. */
export function KeyCaps({ keys }: { readonly keys: string }) {
  return (
    <kbd className="ml-auto shrink-0 font-sans text-label tracking-wide whitespace-nowrap text-faint">
      {keyLabels(keys).join(' ')}
    </kbd>
  );
}
