import { concatBytes, decodeLatin1, decodeText } from './bytes.ts';
import { readExifTexts, withExifTexts } from './exif.ts';
import { readRiffChunks, withExif, writeRiffChunks } from './riff.ts';
import { encodeEntries, TextCollector } from './text-limits.ts';

/** `key:text` of a field, the form ComfyUI gives texts in EXIF; undefined for ordinary camera data. */
function splitEntry(field: Uint8Array): { key: string; text: Uint8Array } | undefined {
  const colon = field.subarray(0, 80).indexOf(0x3a);
  if (colon < 1) return undefined;
  return { key: decodeLatin1(field.subarray(0, colon)), text: field.subarray(colon + 1) };
}

const exifOf = (bytes: Uint8Array) => readRiffChunks(bytes).find(({ name }) => name === 'EXIF')?.data;

/**
 * Texts of a WebP file: EXIF text fields of the form `key:text`, as ComfyUI writes them.
 * @throws UserError for a damaged file or too much text.
 */
export function readWebpText(bytes: Uint8Array): Map<string, string> {
  const collector = new TextCollector();
  const exif = exifOf(bytes);
  for (const field of exif ? readExifTexts(exif) : []) {
    const entry = splitEntry(field);
    if (!entry) continue;
    collector.reserve(field.length);
    collector.add(entry.key, decodeText(entry.text));
  }
  return collector.texts;
}

/** Make and Model: where ComfyUI itself looks. */
const COMFYUI_TAGS: Readonly<Record<string, number>> = { workflow: 0x010f, prompt: 0x0110 };
/** ImageDescription and DocumentName: image tools keep fields they know. */
const KNOWN_TAGS = [0x010e, 0x010d];
/** TIFF leaves 65000 to 65535 for private use. */
const PRIVATE_TAGS = 65_000;

/**
 * The WebP file with `entries` as EXIF text fields `key:text` (UTF-8), which ComfyUI reads too;
 * existing texts under the same keys are replaced.
 * @throws UserError for a damaged file, a key the form cannot hold, or too much text.
 */
export function embedWebpText(bytes: Uint8Array, entries: Readonly<Record<string, string>>): Uint8Array {
  const encoded = encodeEntries(entries);
  const keys = new Set(encoded.map(([key]) => key));
  const texts = encoded.map(([key, text]) => concatBytes([new TextEncoder().encode(`${key}:`), text]));
  const exif = withExifTexts(
    exifOf(bytes),
    texts,
    (field) => keys.has(splitEntry(field)?.key ?? ''),
    (index, isFree) => {
      const own = COMFYUI_TAGS[encoded[index]?.[0] ?? ''];
      const tag = [...(own === undefined ? [] : [own]), ...KNOWN_TAGS].find(isFree);
      if (tag !== undefined) return tag;
      let free = PRIVATE_TAGS;
      while (!isFree(free)) free++;
      return free;
    },
  );
  return writeRiffChunks(withExif(readRiffChunks(bytes), exif));
}
