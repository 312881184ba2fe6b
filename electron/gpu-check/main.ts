import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { computeTypes } from '../../nodes/core/precision.ts';
import { providerChoices } from '../../nodes/core/providers.ts';
import { type ZImageConfig, zimageTurbo } from '../../nodes/inference/checkpoints/configs.ts';
import { checkDevice } from '../../nodes/inference/gpu-check/measure.ts';
import { packageRoot } from '../package-root.ts';
import { table } from './table.ts';

const HELP = `gpu-check: how fast this machine's GPU runs Z-Image-Turbo, with random weights

  --provider NAME   ${providerChoices.join(', ')} (default: auto)
  --sizes LIST      sides of the pictures in pixels (default: 512,1024)
  --compute TYPE    ${computeTypes.join(', ')} (default: what a model that fits is computed in)
  --layers N        blocks to measure (default: all 30, or as many as fit)
  --tiny            a transformer a hundred times smaller, to see that everything works
  --json            the figures as JSON
`;

const TINY: ZImageConfig = {
  ...zimageTurbo,
  dim: 256,
  heads: 2,
  layers: 2,
  refinerLayers: 1,
  feedForwardWidth: 640,
  captionDim: 256,
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      provider: { type: 'string', default: 'auto' },
      sizes: { type: 'string', default: '512,1024' },
      compute: { type: 'string' },
      layers: { type: 'string' },
      tiny: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const provider = providerChoices.find((choice) => choice === values.provider);
  const compute = computeTypes.find((type) => type === values.compute);
  const sizes = values.sizes.split(',').map(Number);
  const base = values.tiny ? TINY : zimageTurbo;
  const layers = values.layers === undefined ? base.layers : Number(values.layers);
  const areSizes = sizes.every(
    (size) => Number.isInteger(size) && size >= 64 && size <= 4096 && size % 16 === 0,
  );
  const isKnown = values.compute === undefined || compute !== undefined;
  if (!provider || !isKnown || !areSizes || !Number.isInteger(layers) || layers < 1 || layers > 100) {
    process.stderr.write(`One of the options makes no sense.\n\n${HELP}`);
    return 2;
  }
  const report = await checkDevice({
    provider,
    ...(compute && { compute }),
    sizes,
    config: { ...base, layers },
    golden: goldenFolder(),
    quick: values.tiny,
    onStage: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : table(report));
  const isBad = ({ verdict }: { readonly verdict: string }) => verdict === 'wrong' || verdict === 'failed';
  return isBad(report.selfTest) || report.golden.some(isBad) ? 1 : 0;
}

/** References travel beside the program; in a clone they are where the tests have them. */
function goldenFolder(): string {
  const packed = join(import.meta.dirname, 'golden');
  return existsSync(packed) ? packed : join(packageRoot(), 'test', 'fixtures', 'golden');
}

try {
  process.exitCode = await main();
} catch (error) {
  const hint = error instanceof UserError && error.hint !== undefined ? ` ${error.hint}` : '';
  process.stderr.write(`${messageOf(error)}${hint}\n`);
  process.exitCode = 1;
}
