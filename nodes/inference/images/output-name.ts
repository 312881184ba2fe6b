/** Names Windows keeps for devices, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Bytes of one name that every common file system takes, with room for a number and an extension. */
const MAX_NAME_BYTES = 200;

/** One folder or file name every system can store: no separators, controls or reserved names. */
function safeName(part: string): string {
  const shown = part
    .replace(/[\p{Cc}\p{Cs}<>:"|?*]/gu, '_')
    .trim()
    .replace(/[. ]+$/, '');
  const name = RESERVED.test(shown) ? `_${shown}` : shown;
  let end = 0;
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_NAME_BYTES) return name.slice(0, end).replace(/[. ]+$/, '');
    end += character.length;
  }
  return name;
}

/**
 * What a person wrote as a file name, as names below the output folder: `cats/red: 1` gives folders [`cats`] and stem
 * `red_ 1`. Parts that say nothing (`.`, `..`, empty, the leading / of an absolute path) are dropped.
 */
export function outputName(prefix: string): { folders: string[]; stem: string } {
  const parts = prefix
    .split(/[/\\]/)
    .map(safeName)
    .filter((part) => part !== '');
  const endsInFolder = /[/\\]\s*$/.test(prefix);
  const stem = endsInFolder ? undefined : parts.pop();
  return { folders: parts, stem: stem ?? 'kronode' };
}
