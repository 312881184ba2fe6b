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

/**
 * Bytes of the card's memory that all programs use together at the moment; undefined where the system does not
 * tell. The runtime does not tell what it took of it.
 */
export async function usedBytes(provider: Provider): Promise<number | undefined> {
  if (provider === 'cpu') return undefined;
  const nvidia = await ask('nvidia-smi', '--query-gpu=memory.used', '--format=csv,noheader,nounits');
  const mebibytes = firstNumber(nvidia);
  if (mebibytes !== undefined) return mebibytes * MIB;
  for (const card of await linuxCards()) {
    const bytes = firstNumber(await readOf(card, 'mem_info_vram_used'));
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

/** The whole number in the first line of a text that has nothing else there. */
export function firstNumber(text: string): number | undefined {
  const [line = ''] = text.split('\n');
  return /^\s*\d+\s*$/.test(line) ? Number(line) : undefined;
}

/** PCI ids of those who make graphics cards. */
const makers: Readonly<Record<string, string>> = { '0x1002': 'AMD', '0x8086': 'Intel', '0x10de': 'NVIDIA' };

const DRM = '/sys/class/drm';

async function linuxCards(): Promise<string[]> {
  const names = await readdir(DRM).catch(() => []);
  return names.filter((name) => /^card\d+$/.test(name));
}

/** What the driver tells of a card; empty where it does not. */
const readOf = (card: string, name: string): Promise<string> =>
  readFile(`${DRM}/${card}/device/${name}`, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );

async function linuxCard(): Promise<Adapter | undefined> {
  for (const card of await linuxCards()) {
    const [vendor, product, memory] = [
      await readOf(card, 'vendor'),
      await readOf(card, 'product_name'),
      firstNumber(await readOf(card, 'mem_info_vram_total')),
    ];
    const maker = makers[vendor];
    if (maker === undefined) continue;
    return {
      name: product === '' ? `${maker} GPU` : `${maker} ${product}`,
      ...(memory !== undefined && { memoryBytes: memory }),
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
