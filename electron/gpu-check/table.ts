import type { GoldenReport } from '../../nodes/inference/gpu-check/golden-cases.ts';
import type { CheckReport } from '../../nodes/inference/gpu-check/measure.ts';

const verdicts: Readonly<Record<CheckReport['selfTest']['verdict'], string>> = {
  right: 'equal to the CPU',
  rounded: 'equal to the CPU as half precision rounds',
  wrong: 'WRONG: the driver computes something else than the CPU',
  failed: 'FAILED',
};

const goldenVerdicts: Readonly<Record<GoldenReport['verdict'], string>> = {
  equal: 'equal',
  rounded: 'rounded to fewer bits',
  wrong: 'WRONG',
  failed: 'FAILED',
};

const tera = (value: number): string => (value / 1e12).toPrecision(3);
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The figures of a device as a Markdown table, ready for BENCHMARKS.md. */
export function table(report: CheckReport): string {
  const {
    provider,
    device,
    compute,
    selfTest,
    matmulRate,
    width,
    layers,
    allLayers,
    sizes,
    peakBytes,
    cardBytes,
  } = report;
  const { verdict, error, message } = selfTest;
  const isWhole = layers === allLayers;
  const heading = [
    ...(provider.name === 'cpu' ? ['No GPU was measured: these are figures of the CPU.', ''] : []),
    `Device: ${device?.name ?? 'unknown'}, provider ${provider.name} (${provider.reason}), ${compute}`,
    `Numbers: ${verdicts[verdict]}${error === undefined ? '' : `, largest difference ${error.toExponential(1)}`}${message === undefined ? '' : `: ${message}`}`,
    `Matrix product [1024, ${width}] · [${width}, ${width}]: ${tera(matmulRate)} TFLOP/s`,
    `Transformer: ${isWhole ? `all ${allLayers} blocks` : `${layers} of ${allLayers} blocks`}, random weights`,
    `Peak memory of this program: ${gigabytes(peakBytes)}${cardBytes === undefined ? '' : `; of the card during steps: ${gigabytes(cardBytes)}`}`,
  ];
  const rows = sizes.map(({ side, seconds, flops, lokrOverhead }) => [
    `${side}²`,
    `${seconds.toPrecision(3)} s`,
    tera(flops / seconds),
    percent(flops / seconds / matmulRate),
    `${(flops / matmulRate).toPrecision(3)} s`,
    percent(lokrOverhead),
  ]);
  const golden = report.golden.map(({ name, compute, error, tolerance, verdict, message }) => [
    name,
    compute,
    error?.toExponential(1) ?? 'not a number',
    tolerance.toExponential(0),
    message === undefined ? goldenVerdicts[verdict] : `${goldenVerdicts[verdict]}: ${message}`,
  ]);
  const goldenTitles = ['against PyTorch', 'in', 'largest difference', 'tolerance', ''];
  const titles = [
    'picture',
    'step',
    'TFLOP/s',
    'of the product’s rate',
    'arithmetic bound',
    'LoKr on all layers',
  ];
  const tables = [rowsOf(titles, rows), rowsOf(goldenTitles, golden)];
  return `${[...heading, ...tables.flatMap((lines) => ['', ...lines])].join('\n')}\n`;
}

const rowsOf = (titles: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
