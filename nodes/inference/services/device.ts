import { freemem, totalmem } from 'node:os';
import type { PartKind } from '../checkpoints/architecture.ts';
import { type Adapter, adapterOf } from '../ort/graphics-card.ts';
import { type ChosenProvider, providersHere } from '../ort/providers.ts';
import type { Provider } from '../ort/session-options.ts';
import type { NetworkPool } from './network-pool.ts';
import type { PartLibrary } from './part-library.ts';

/** Where models run here, on what, and what of them is in memory. Sizes are bytes. */
export interface DeviceReport {
  readonly provider: Provider;
  readonly reason: string;
  readonly adapter?: Adapter;
  /** Every provider, with what is known to keep it from being used. */
  readonly providers: readonly { readonly name: Provider; readonly problem?: string }[];
  /** Of this machine, and what networks may take together. */
  readonly memory: {
    readonly totalBytes: number;
    readonly freeBytes: number;
    readonly networkBytes: number;
    readonly budgetBytes: number;
  };
  /** Networks in memory, in the order in which they would make room. */
  readonly residents: readonly {
    readonly part: PartKind;
    readonly name: string;
    readonly bytes: number;
    readonly isInUse: boolean;
  }[];
}

export async function reportDevice(
  { name, reason }: ChosenProvider,
  pool: NetworkPool,
  parts: PartLibrary,
): Promise<DeviceReport> {
  const adapter = await adapterOf(name);
  const residents = pool.residents.flatMap(({ key, bytes, isInUse }) => {
    const described = parts.describe(key);
    return described ? [{ ...described, bytes, isInUse }] : [];
  });
  return {
    provider: name,
    reason,
    ...(adapter && { adapter }),
    providers: providersHere(),
    memory: {
      totalBytes: totalmem(),
      freeBytes: freemem(),
      networkBytes: pool.residents.reduce((sum, { bytes }) => sum + bytes, 0),
      budgetBytes: pool.budgetBytes,
    },
    residents,
  };
}
