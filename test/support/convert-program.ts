import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { planConversion } from '../../nodes/inference/precision/conversion.ts';
import { blockFormats } from '../../nodes/inference/precision/formats.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';

/** Converts a transformer into a cache folder, saying how far it is. */
const [file = '', cache = ''] = process.argv.slice(2);
const { weights } = await openPart(file, 'transformer');
const target = { kind: 'blocks', format: blockFormats.int8, scales: 'F32' } as const;
const conversion = planConversion('transformer', weights, 'source', target);
await new WeightCache(cache).prepare(conversion, {
  onProgress: (done) => process.stdout.write(`${done}\n`),
});
process.stdout.write('finished\n');
