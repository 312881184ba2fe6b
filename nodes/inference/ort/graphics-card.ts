import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Provider } from './session-options.ts';

/** What a provider computes on, as far as the system tells. */
export interface Adapter {
  readonly name: string;
  /** Bytes of memory it has. */
  readonly memoryBytes?: number;
}

const PATIENCE = 3000;
const run = promisify(execFile);

/** Output of a system tool; empty where it is not there or does not answer. */
const ask = (command: string, ...args: string[]): Promise<string> =>
  run(command, args, { timeout: PATIENCE, windowsHide: true }).then(
    ({ stdout }) => stdout,
    () => '',
  );

/** The device behind a provider, named as its maker does; undefined where the system does not tell. */
export async function adapterOf(provider: Provider): Promise<Adapter | undefined> {
  if (provider === 'cpu') return processor();
  const card = await nvidiaCard();
  if (card || provider === 'cuda') return card;
  switch (process.platform) {
    case 'linux':
      return linuxCard();
    case 'win32':
      return windowsCard();
    case 'darwin':
      return appleCard();
    default:
      return undefined;
  }
}

function processor(): Adapter | undefined {
  const [first, ...others] = cpus();
  if (!first) return undefined;
  return { name: `${first.model.trim()} × ${others.length + 1}`, memoryBytes: totalmem() };
}

const MIB = 2 ** 20;

async function nvidiaCard(): Promise<Adapter | undefined> {
  const text = await ask('nvidia-smi', '--query-gpu=name,memory.total', '--format=csv,noheader,nounits');
  return readNvidia(text);
}

/** The first card of `nvidia-smi`'s table: `name, MiB`. */
export function readNvidia(text: string): Adapter | undefined {
  const [line = ''] = text.split('\n');
  const [name = '', memory = ''] = line.split(',').map((field) => field.trim());
  if (name === '' || !/^\d+$/.test(memory)) return undefined;
  return { name, memoryBytes: Number(memory) * MIB };
}

/** PCI ids of those who make graphics cards. */
const makers: Readonly<Record<string, string>> = { '0x1002': 'AMD', '0x8086': 'Intel', '0x10de': 'NVIDIA' };

async function linuxCard(): Promise<Adapter | undefined> {
  const folder = '/sys/class/drm';
  const cards = await readdir(folder).catch(() => []);
  for (const card of cards.filter((name) => /^card\d+$/.test(name))) {
    const read = (name: string) =>
      readFile(`${folder}/${card}/device/${name}`, 'utf8').then(
        (text) => text.trim(),
        () => '',
      );
    const [vendor, product, memory] = [
      await read('vendor'),
      await read('product_name'),
      await read('mem_info_vram_total'),
    ];
    const maker = makers[vendor];
    if (maker === undefined) continue;
    return {
      name: product === '' ? `${maker} GPU` : `${maker} ${product}`,
      ...(/^\d+$/.test(memory) && { memoryBytes: Number(memory) }),
    };
  }
  return undefined;
}

async function windowsCard(): Promise<Adapter | undefined> {
  const script = '(Get-CimInstance Win32_VideoController | Select-Object -First 1).Name';
  const name = (await ask('powershell.exe', '-NoProfile', '-NonInteractive', '-Command', script)).trim();
  return name === '' ? undefined : { name };
}

async function appleCard(): Promise<Adapter | undefined> {
  const text = await ask('sysctl', '-n', 'machdep.cpu.brand_string');
  // Apple's GPUs share the memory of the processor they are part of.
  return text.trim() === '' ? undefined : { name: text.trim(), memoryBytes: totalmem() };
}
