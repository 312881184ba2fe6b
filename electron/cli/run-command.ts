import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import {
  type PartProviders,
  type ProviderChoice,
  providedParts,
  providerChoices,
} from '../../nodes/core/providers.ts';
import { applyOverride } from '../../nodes/document/overrides.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { Engine } from '../../nodes/engine.ts';
import { Cancelled, InvalidGraph, NodeFailure } from '../../nodes/execution/failure.ts';
import type { RunResult } from '../../nodes/execution/run.ts';
import { documentCatalogue } from '../../nodes/graph/subgraph-declarations.ts';
import { forecastMemory, type MemoryForecast } from '../../nodes/host/memory-forecast.ts';
import { createServices, type EngineServices } from '../../nodes/inference/services/index.ts';
import { library } from '../../nodes/library/index.ts';
import { defaultFolders } from '../folders.ts';
import { cacheFolder, userDataFolder } from '../user-folders.ts';
import { formatSeconds, ProgressLine, progressText } from './progress-line.ts';
import { readWorkflow } from './read-workflow.ts';
import { runReport } from './run-report.ts';
import { EXIT, UsageError } from './usage.ts';

const OPTIONS = {
  set: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  out: { type: 'string', default: 'out' },
  models: { type: 'string', multiple: true },
  input: { type: 'string', multiple: true },
  provider: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
} as const;

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [file, ...rest] = positionals;
    if (file === undefined)
      throw new UsageError('Which workflow should run?', { hint: 'kronode run workflow.json' });
    if (rest.length > 0) throw new UsageError(`One workflow at a time: what is “${rest[0]}” for?`);
    return { ...values, ...providersIn(values.provider ?? []), file };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${messageOf(error)}.`, { cause: error });
  }
}

/** Where everything runs, and parts that were named: `cpu`, `vae=webgpu`. */
function providersIn(texts: readonly string[]) {
  let provider: ProviderChoice = 'auto';
  const partProviders: { -readonly [P in keyof PartProviders]: ProviderChoice } = {};
  for (const text of texts) {
    const [name, partName] = text.split('=').reverse();
    const choice = providerChoices.find((each) => each === name);
    const part = providedParts.find((each) => each === partName);
    if (!choice || part !== partName)
      throw new UsageError(
        choice ? `No part of a model is called “${partName}”.` : `There is no provider “${name}”.`,
        { hint: `Choose one of ${(choice ? providedParts : providerChoices).join(', ')}.` },
      );
    if (part) partProviders[part] = choice;
    else provider = choice;
  }
  return { provider, partProviders };
}

/** `kronode run`: exit code 0, or the code of what went wrong; everything is told on stderr, or as JSON on stdout. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const wantsJson = args.includes('--json');
  try {
    const options = parse(args);
    const opened = await readWorkflow(options.file);
    const document = (options.set ?? []).reduce(
      (current: Document, override) => applyOverride(current, documentCatalogue(current, library), override),
      opened.document,
    );
    return await execute(document, options);
  } catch (error) {
    return tellFailure(error, wantsJson);
  }
}

async function execute(document: Document, options: ReturnType<typeof parse>): Promise<number> {
  const line = new ProgressLine(process.stderr);
  const say = (text: string) => {
    if (!options.json) line.print(text);
  };
  const folders = defaultFolders();
  const ownModels = join(userDataFolder(), 'models');
  const services = await createServices({
    modelFolders: [...(options.models ?? []), ownModels, ...folders.models],
    newModelFolder: options.models?.[0] ?? ownModels,
    pictureFolders: [...(options.input ?? []), ...folders.pictures],
    outputFolder: options.out,
    cacheFolder: cacheFolder(),
    provider: options.provider,
    partProviders: options.partProviders,
  });
  const stop = new AbortController();
  const onInterrupt = () => {
    // A second Ctrl+C does not wait for the step to end.
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    line.show('Stopping after this step; Ctrl+C again stops at once.');
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const titleOf = (id: string) => {
    const node = document.nodes[id];
    return node?.title ?? library.get(node?.type ?? '')?.title ?? id;
  };
  try {
    const engine = new Engine(services);
    const forecast = await forecastOf(engine, document, options.only, services);
    for (const { node, message } of forecast) say(`${titleOf(node)}: ${message}`);
    const result = await engine.run(document, {
      signal: stop.signal,
      ...(options.only && { targets: options.only }),
      onEvent: (event) => {
        if (event.kind === 'progress') line.show(progressText(titleOf(event.node), event));
        else if (event.kind === 'notice') say(`${titleOf(event.node)}: ${event.message}`);
      },
    });
    line.clear();
    if (options.json)
      process.stdout.write(`${JSON.stringify(runReport(result, services.provider, forecast), null, 2)}\n`);
    else sayResult(result);
    return EXIT.done;
  } finally {
    line.clear();
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
    await services.dispose();
  }
}

/** What the run will need, told before it starts; of a document that cannot run the run itself tells why. */
async function forecastOf(
  engine: Engine,
  document: Document,
  targets: readonly string[] | undefined,
  services: EngineServices,
): Promise<MemoryForecast['notices']> {
  const plan = engine.plan(document, targets);
  if (plan.problems.some(({ severity }) => severity === 'error')) return [];
  const runs = new Set(plan.nodes.keys());
  return (await forecastMemory(plan, runs, (request) => services.forecast(request))).notices;
}

function sayResult(result: RunResult): void {
  for (const { artifact } of result.artifacts) {
    if (artifact.kind === 'saved-picture')
      process.stdout.write(`${artifact.path} (${artifact.width}×${artifact.height})\n`);
    else if (artifact.kind === 'text') process.stdout.write(`${artifact.text}\n`);
  }
  const shown = result.artifacts.filter(({ artifact }) => artifact.kind === 'shown-picture').length;
  if (shown > 0)
    process.stderr.write(
      `${shown} picture${shown > 1 ? 's' : ''} shown but not saved: add a Save image node to keep them.\n`,
    );
  process.stderr.write(`Done in ${formatSeconds(result.milliseconds / 1000)}.\n`);
}

function tellFailure(error: unknown, asJson: boolean): number {
  if (error instanceof Cancelled) {
    if (asJson) process.stdout.write(`${JSON.stringify({ ok: false, cancelled: true })}\n`);
    else process.stderr.write('Stopped.\n');
    return EXIT.interrupted;
  }
  const isDefect = !(error instanceof UserError) && !(error instanceof NodeFailure && error.expected);
  const problems = error instanceof InvalidGraph ? error.problems : undefined;
  const where =
    error instanceof NodeFailure ? { node: error.node, title: error.title, inputs: error.inputs } : {};
  const hint = error instanceof UserError || error instanceof NodeFailure ? error.hint : undefined;
  if (asJson)
    process.stdout.write(
      `${JSON.stringify({ ok: false, error: { message: messageOf(error), hint, ...where, problems } }, null, 2)}\n`,
    );
  else {
    const lines = problems
      ? problems.map(
          ({ node, message, hint: remedy }) =>
            `${node === undefined ? '' : `${node}: `}${message}${remedy ? ` ${remedy}` : ''}`,
        )
      : [
          `${error instanceof NodeFailure ? `${error.title} (${error.node}): ` : ''}${messageOf(error)}${hint ? ` ${hint}` : ''}`,
        ];
    process.stderr.write(`${lines.join('\n')}\n`);
    if (isDefect)
      process.stderr.write('This is a defect of Kronode. Set KRONODE_DEBUG=1 to see where it happened.\n');
  }
  if (isDefect && process.env.KRONODE_DEBUG) process.stderr.write(`${(error as Error).stack ?? ''}\n`);
  return error instanceof UsageError ||
    error instanceof InvalidGraph ||
    (error instanceof UserError && !(error instanceof NodeFailure))
    ? EXIT.usage
    : EXIT.failed;
}
