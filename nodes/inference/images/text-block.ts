import sharp from 'sharp';
import { toRgb } from './pixel-bytes.ts';

/** A text drawn on white as RGB rows [height, width, 3], 0 to 1. */
export interface TextBlock {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
}

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const INK = '#222222';
/** More than fits on any sheet. */
const MAX_CHARACTERS = 400;

/**
 * Draws a text in lines of at most `width` pixels, broken between words where possible. Letters the
 * preferred font lacks come from the system's other fonts.
 * @param lines that are kept; the last of them ends with an ellipsis where more would follow
 */
export async function drawText(
  text: string,
  width: number,
  fontSize: number,
  lines: number,
): Promise<TextBlock> {
  const lineHeight = Math.round(fontSize * 1.5);
  const drawn = async (shown: string) =>
    sharp({
      text: {
        text: `<span foreground="${INK}">${escaped(shown)}</span>`,
        font: `sans ${fontSize}`,
        dpi: 72,
        width,
        align: 'centre',
        wrap: 'word-char',
        rgba: true,
      },
    })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
  const most = lineHeight * lines;
  let shown = [...text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').trim()].slice(0, MAX_CHARACTERS);
  if (shown.length === 0) return { width, height: lineHeight, rgb: blank(width, lineHeight) };
  let block = await drawn(shown.join(''));
  while (block.info.height > most && shown.length > 1) {
    shown = shown.slice(0, Math.max(1, Math.floor(shown.length * Math.min(0.9, most / block.info.height))));
    block = await drawn(`${shown.join('').trimEnd()}…`);
  }
  const height = Math.max(lineHeight, Math.min(block.info.height, most));
  const rgb = blank(width, height);
  const inner = Math.min(block.info.width, width);
  const letters = toRgb(block.data, block.info.channels, 255);
  const [left, top] = [
    Math.floor((width - inner) / 2),
    Math.floor((height - Math.min(block.info.height, height)) / 2),
  ];
  for (let row = 0; row < Math.min(block.info.height, height); row++) {
    const from = row * block.info.width * 3;
    rgb.set(letters.subarray(from, from + inner * 3), ((top + row) * width + left) * 3);
  }
  return { width, height, rgb };
}

const blank = (width: number, height: number) => new Float32Array(width * height * 3).fill(1);
const escaped = (text: string) => text.replace(/[&<>]/g, (mark) => MARKUP[mark] ?? mark);
