import sharp from 'sharp';
import { toRgb } from './pixel-bytes.ts';

/** Ideographs and their punctuation are about twice as wide as Latin letters. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\u{1f000}-\u{3fffd}]/u;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text content for XML: markup escaped, characters XML cannot hold (controls, lone surrogates) as spaces. */
const escapeXml = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ').replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark);

/** As much of the text as `ems` widths of the letter size hold, by rough widths: there is no font to measure with. */
function shorten(text: string, ems: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += WIDE.test(character) ? 1 : 0.58;
    if (used > ems) return `${text.slice(0, Math.max(0, end - 1)).trimEnd()}…`;
    end += character.length;
  }
  return text;
}

/** Size of letters and height of the band for pictures of this width, in pixels. */
export function labelMetrics(width: number): { fontSize: number; bandHeight: number } {
  const fontSize = Math.round(Math.min(28, Math.max(10, width / 14)));
  return { fontSize, bandHeight: Math.round(fontSize * 1.7) };
}

/** A label as RGB rows [bandHeight, width, 3]: dark on white, centred, cut with an ellipsis where it is too long. */
export async function renderLabel(text: string, width: number): Promise<Float32Array> {
  const { fontSize, bandHeight } = labelMetrics(width);
  const content = escapeXml(shorten(text.slice(0, 1000), (width - 8) / fontSize));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bandHeight}"><rect width="100%" height="100%" fill="#fff"/><text x="50%" y="${Math.round(bandHeight * 0.68)}" text-anchor="middle" font-family="sans-serif" font-size="${fontSize}" fill="#222">${content}</text></svg>`;
  const { data, info } = await sharp(new TextEncoder().encode(svg))
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toRgb(data, info.channels, 255);
}
