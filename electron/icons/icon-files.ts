import sharp from 'sharp';

/** A picture of the icon, square, `size` pixels wide. */
const draw = (svg: Uint8Array, size: number): Promise<Buffer> =>
  sharp(svg, { density: Math.max(72, (72 * size) / 1024) })
    .resize(size, size)
    .png({ compressionLevel: 9 })
    .toBuffer();

const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];

/** Windows' format: a directory of pictures, each a PNG. */
async function icoOf(svg: Uint8Array): Promise<Buffer> {
  const pictures = await Promise.all(ICO_SIZES.map((size) => draw(svg, size)));
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  pictures.forEach((picture, i) => {
    const at = 6 + 16 * i;
    // 0 stands for 256.
    const side = (ICO_SIZES[i] ?? 0) % 256;
    header.writeUInt8(side, at);
    header.writeUInt8(side, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(picture.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += picture.length;
  });
  return Buffer.concat([header, ...pictures]);
}

/** Apple's names for PNG pictures of these sizes, those for two pixels a point among them. */
const ICNS_TYPES = {
  ic11: 32,
  ic12: 64,
  ic07: 128,
  ic13: 256,
  ic08: 256,
  ic14: 512,
  ic09: 512,
  ic10: 1024,
} as const;

async function icnsOf(svg: Uint8Array): Promise<Buffer> {
  const chunk = (type: string, content: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(8 + content.length, 4);
    return Buffer.concat([head, content]);
  };
  const pictures = await Promise.all(
    Object.entries(ICNS_TYPES).map(async ([type, size]) => chunk(type, await draw(svg, size))),
  );
  return chunk('icns', Buffer.concat(pictures));
}

/** Every form of the icon that is kept, by its path in the repository. */
export const iconFiles = async (svg: Uint8Array): Promise<Readonly<Record<string, Buffer>>> => ({
  'electron/icons/icon.png': await draw(svg, 1024),
  'electron/icons/icon.ico': await icoOf(svg),
  'electron/icons/icon.icns': await icnsOf(svg),
  // Of the page, and of its window on Linux.
  'renderer/public/icon.png': await draw(svg, 256),
});
