import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createPackage } from '@electron/asar';

export type PackedPlatform = 'linux' | 'win' | 'mac';

/** What @electron/fuses looks for in an executable, then version, count and the fuses as they come. */
const FUSES = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 9]),
  Buffer.from('101100100'),
]);

const plist = (name: string) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>${name}</string>
<key>CFBundleIdentifier</key><string>com.github.Electron</string>
</dict></plist>
`;

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, 0o755);
}

async function putMacApp(folder: string, name: string, executable: Uint8Array): Promise<string> {
  const contents = join(folder, `${name}.app`, 'Contents');
  await put(join(contents, 'Info.plist'), plist(name));
  await put(join(contents, 'MacOS', name), executable);
  return contents;
}

/** A folder that electron-builder takes for an unpacked Electron of `version`, without its 200 MB. */
export async function writeStandInElectron(folder: string, platform: PackedPlatform, version: string) {
  const executable = Buffer.concat([Buffer.from('stand-in '), FUSES]);
  await put(join(folder, 'version'), version);
  let resources = join(folder, 'resources');
  if (platform === 'mac') {
    const contents = await putMacApp(folder, 'Electron', executable);
    resources = join(contents, 'Resources');
    for (const kind of ['', ' (Renderer)', ' (Plugin)', ' (GPU)'])
      await putMacApp(join(contents, 'Frameworks'), `Electron Helper${kind}`, Buffer.from('helper'));
    await put(join(contents, 'Frameworks', 'Electron Framework.framework', 'Electron Framework'), executable);
  } else await put(join(folder, platform === 'win' ? 'electron.exe' : 'electron'), executable);
  const empty = join(folder, '..', 'empty');
  await mkdir(empty, { recursive: true });
  await mkdir(resources, { recursive: true });
  await createPackage(empty, join(resources, 'default_app.asar'));
}
