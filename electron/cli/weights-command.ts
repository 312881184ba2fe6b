import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../nodes/core/errors.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';
import { cacheFolder } from '../user-folders.ts';
import { EXIT } from './usage.ts';

/** `kronode weights`: what converted weights take on disk; `--clear` removes them. */
export async function weightsCommand(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { clear: { type: 'boolean', default: false } },
    });
    const folder = join(cacheFolder(), 'weights');
    const cache = new WeightCache(folder);
    if (values.clear) await cache.clear();
    const { files, bytes } = await cache.state();
    process.stdout.write(
      `${(bytes / 1e9).toFixed(2)} GB in ${files} file${files === 1 ? '' : 's'}: ${folder}\n`,
    );
    return EXIT.done;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return EXIT.usage;
  }
}
