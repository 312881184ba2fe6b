import { parseArgs } from 'node:util';
import { runStage } from '../support/full-stage.ts';
import { adapterBenchmarks } from './adapter.ts';
import { engineBenchmarks } from './engine.ts';
import { fullBenchmarks } from './full.ts';
import { type Measurement, measureAll } from './harness.ts';
import { uiBenchmarks } from './ui.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    // What the full-size benchmarks start this program again with.
    stage: { type: 'string' },
  },
});

if (values.stage !== undefined) {
  process.stdout.write(JSON.stringify(await runStage(JSON.parse(values.stage))));
  process.exit(0);
}

const all = [...engineBenchmarks, ...adapterBenchmarks, ...fullBenchmarks, ...uiBenchmarks];
const chosen = all.filter(({ id }) => values.only === undefined || id.startsWith(values.only));
if (chosen.length === 0) {
  process.stderr.write(
    `No benchmark starts with “${values.only}”. There are: ${all.map(({ id }) => id).join(', ')}\n`,
  );
  process.exit(2);
}

const number = (value: number): string => value.toPrecision(3);
const row = ({ id, value, unit, target, met, reference }: Measurement): string =>
  [
    id.padEnd(26),
    `${number(value)} ${unit}`.padEnd(12),
    `${number(target)} ${unit}`.padEnd(12),
    met ? 'met   ' : 'MISSED',
    reference,
  ].join('  ');

if (!values.json)
  process.stdout.write(
    `${'id'.padEnd(26)}  ${'value'.padEnd(12)}  ${'target'.padEnd(12)}  ${''.padEnd(6)}  against\n`,
  );
const results = await measureAll(chosen, (measurement) => {
  if (!values.json) process.stdout.write(`${row(measurement)}\n`);
});
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
process.exitCode = results.every(({ met }) => met) ? 0 : 1;
