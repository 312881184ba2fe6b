import type { ZImageConfig } from '../checkpoints/configs.ts';
import type { Feed } from '../ort/session.ts';
import type { Position } from './positions.ts';
import { type RopeTables, ropeTables } from './rope.ts';

const MAX_TABLES = 16;

/** What graphs are fed about the tokens of a sequence. */
export class SequenceFeeds {
  readonly #config: ZImageConfig;
  /** Tables of the last few sizes; one size is used for many steps. */
  readonly #tables = new Map<string, RopeTables>();

  constructor(config: ZImageConfig) {
    this.#config = config;
  }

  /**
   * @param name of the sequence in the graph
   * @param key tells apart all positions there are
   */
  of(name: string, batch: number, key: string, positions: () => Position[]): Record<string, Feed> {
    const { axesDims, ropeTheta, dim } = this.#config;
    let tables = this.#tables.get(key);
    if (!tables) {
      if (this.#tables.size >= MAX_TABLES) this.#tables.clear();
      tables = ropeTables(positions(), axesDims, ropeTheta);
      this.#tables.set(key, tables);
    }
    const shape = [batch, tables.cos.dims[0] ?? 0, dim];
    return {
      [`${name}_cos`]: tables.cos,
      [`${name}_sin`]: tables.sin,
      [`${name}_shape`]: { dims: [3], data: BigInt64Array.from(shape, BigInt) },
    };
  }
}
