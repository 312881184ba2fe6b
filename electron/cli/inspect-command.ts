import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { DOCUMENT_TEXT_KEY } from '../../nodes/document/embedding/keys.ts';
import { isWorkflowName } from '../../nodes/document/file-name.ts';
import { type OpenedDocument, openDocument } from '../../nodes/document/open.ts';
import { type AdapterReport, adapterReportText } from '../../nodes/execution/adapter-report.ts';
import { planRun } from '../../nodes/graph/plan.ts';
import { readPictureTexts } from '../../nodes/host/open-content.ts';
import { inspectAdapter } from '../../nodes/inference/adapters/inspect-adapter.ts';
import { readAdapter } from '../../nodes/inference/adapters/read-adapter.ts';
import { weightsName } from '../../nodes/inference/checkpoints/foreign-files.ts';
import { inspectSafetensors, type SafetensorsReport } from '../../nodes/inference/checkpoints/inspect.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { ModelRegistry } from '../../nodes/inference/checkpoints/registry.ts';
import { indexName } from '../../nodes/inference/checkpoints/sharded.ts';
import { byteSize } from '../../nodes/inference/checkpoints/wording.ts';
import { describeOnnx, isOnnxFile } from '../../nodes/inference/foreign/describe.ts';
import { type ModelCard, ModelCards } from '../../nodes/inference/services/model-cards.ts';
import { PartLibrary } from '../../nodes/inference/services/part-library.ts';
import { library } from '../../nodes/library/index.ts';
import { defaultFolders } from '../folders.ts';
import { MAX_PICTURE_BYTES, PICTURE, readWhole, readWorkflow } from './read-workflow.ts';
import { EXIT, UsageError } from './usage.ts';

/** `kronode inspect`: what a model, adapter, workflow or picture holds, for people or as JSON. */
export async function inspectCommand(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        model: { type: 'string' },
        models: { type: 'string', multiple: true },
      },
      allowPositionals: true,
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0)
      throw new UsageError('Name one file or model folder to inspect.');
    const { model, models = [] } = values;
    const report = model === undefined ? await inspect(path) : await inspectAgainst(path, model, models);
    process.stdout.write(values.json ? `${JSON.stringify(report.data, null, 2)}\n` : `${report.text}\n`);
    return EXIT.done;
  } catch (error) {
    const hint = error instanceof UserError && error.hint ? ` ${error.hint}` : '';
    process.stderr.write(`${messageOf(error)}${hint}\n`);
    return EXIT.usage;
  }
}

interface Report {
  readonly data: unknown;
  readonly text: string;
}

async function inspect(path: string): Promise<Report> {
  if (PICTURE.test(path)) return inspectPicture(path);
  if (isWorkflowName(path) && !indexName.test(path)) {
    const opened = await readWorkflow(path);
    return { data: { kind: 'workflow', ...workflowData(opened) }, text: workflowText(opened) };
  }
  if (await isFolder(path)) {
    if (!(await holdsOnePart(path))) return inspectFolder(resolve(path));
  } else if (await isOnnxFile(path)) return inspectOnnx(path);
  const report = await inspectSafetensors(path);
  const text = safetensorsText(path, report);
  if (report.kind !== 'adapter') return { data: report, text };
  const layers = await inspectAdapter(await readAdapter(resolve(path), undefined));
  return { data: { ...report, layers }, text: withLayers(text, layers) };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new UsageError(`There is no file ${path}.`, { cause: error });
  }
}

/** Whether a folder is one part of a model, in one file or in shards. */
async function holdsOnePart(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  const files = names.filter((name) => weightsName.test(name));
  return files.length === 1 || names.some((name) => indexName.test(name));
}

/** All models of a folder, each with what it still needs and which files would do. */
async function inspectFolder(folder: string): Promise<Report> {
  const registry = new ModelRegistry([folder]);
  const models = await new ModelCards(registry, new PartLibrary(registry, [folder])).list();
  if (models.length === 0)
    throw new UsageError(`${folder} holds no model.`, {
      hint: 'Name a folder with .safetensors or .onnx files in it.',
    });
  return {
    data: { kind: 'folder', models },
    text: models
      .filter(({ within }) => within === undefined)
      .map(cardText)
      .join('\n'),
  };
}

function cardText({ name, kinds, bytes, layouts, dtypes, missing, problem, hint = '' }: ModelCard): string {
  if (problem !== undefined) return `${name}: cannot be used\n  ${`${problem} ${hint}`.trim()}`;
  const what = kinds.map((kind) => kind.replace('-', ' ')).join(', ');
  const details = [byteSize(bytes), ...dtypes, ...layouts].join(', ');
  const needs = missing.map(({ part, fits }) => {
    const found = fits.length > 0 ? `${fits.join(' or ')} would do` : 'none that fits is here';
    return `\n  needs a ${part === 'vae' ? 'VAE' : part.replace('-', ' ')}: ${found}`;
  });
  return `${name}: ${what} (${details})${needs.join('')}`;
}

async function inspectOnnx(path: string): Promise<Report> {
  const { kind, why, problem, files } = await describeOnnx(resolve(path));
  if (problem !== undefined) throw new UserError(problem);
  const what = kind === 'unknown' ? `unknown; it ${why ?? 'is of no known kind'}` : kind.replace('-', ' ');
  return {
    data: { kind: 'onnx', what: kind, files },
    text: `${path}: ONNX, ${what}\n  ${files.length} file${files.length === 1 ? '' : 's'}: ${files.join(', ')}`,
  };
}

/** An adapter laid against a model: one of the registered folders, or any path. */
async function inspectAgainst(path: string, model: string, folders: readonly string[]): Promise<Report> {
  const report = await inspectSafetensors(path);
  if (report.kind !== 'adapter')
    throw new UsageError(`${path} is no adapter; only an adapter is looked at against a model.`);
  const registry = new ModelRegistry([
    ...folders.map((folder) => resolve(folder)),
    ...defaultFolders().models,
  ]);
  const { weights } = await openPart(await modelPath(registry, model), 'transformer');
  const layers = await inspectAdapter(await readAdapter(resolve(path), weights), { weights });
  return { data: { ...report, model, layers }, text: withLayers(safetensorsText(path, report), layers) };
}

async function modelPath(registry: ModelRegistry, model: string): Promise<string> {
  const path = resolve(model);
  const isPath = await stat(path).then(
    () => true,
    () => false,
  );
  return isPath ? path : registry.resolve('model', { name: model });
}

const withLayers = (text: string, layers: AdapterReport): string => `${text}\n\n${adapterReportText(layers)}`;

async function inspectPicture(path: string): Promise<Report> {
  const texts = await readPictureTexts(await readWhole(path, MAX_PICTURE_BYTES));
  const document = texts.get(DOCUMENT_TEXT_KEY);
  const opened = document === undefined ? undefined : openDocument(document, library);
  const data = {
    kind: 'picture',
    texts: Object.fromEntries([...texts].map(([key, text]) => [key, text.length])),
    workflow: opened && workflowData(opened),
  };
  const lines = [...texts].map(([key, text]) => `  ${key}: ${text.length} characters`);
  return {
    data,
    text: [
      `${path}: a picture with ${texts.size === 0 ? 'no texts' : 'texts'}`,
      ...lines,
      ...(opened ? [workflowText(opened)] : []),
    ].join('\n'),
  };
}

function workflowData({ document, problems }: OpenedDocument) {
  return {
    title: document.meta?.title,
    nodes: Object.entries(document.nodes).map(([id, { type, version, mode }]) => ({
      id,
      type,
      version,
      mode,
    })),
    wires: Object.keys(document.wires).length,
    problems: [...problems, ...planRun(document, library).problems],
  };
}

function workflowText(opened: OpenedDocument): string {
  const { title, nodes, wires, problems } = workflowData(opened);
  return [
    `workflow${title ? ` “${title}”` : ''}: ${nodes.length} nodes, ${wires} wires`,
    ...nodes.map(({ id, type }) => `  ${id}: ${library.get(type)?.title ?? 'unknown'} (${type})`),
    ...problems.map(({ severity, node, message }) => `${severity}: ${node ? `${node}: ` : ''}${message}`),
  ].join('\n');
}

function safetensorsText(path: string, report: SafetensorsReport): string {
  const kind =
    report.kind === 'unknown'
      ? `unknown; it ${report.why ?? 'holds nothing known'}`
      : report.kind.replace('-', ' ');
  const lines = [
    `${path}: ${kind}`,
    `  ${report.tensors} tensors, ${millions(report.parameters)} parameters, ${millions(report.size)}B in ${report.files.length} file${report.files.length === 1 ? '' : 's'}`,
    `  ${report.dtypes.map(({ dtype, tensors }) => `${dtype} ×${tensors}`).join(', ')}`,
  ];
  for (const part of report.parts) {
    lines.push(`  ${part.part} (${part.layout})${part.prefix ? ` under ${part.prefix}` : ''}`);
    if ('problem' in part) lines.push(`    ${part.problem}`);
    else {
      lines.push(`    ${JSON.stringify(part.config)}`);
      if (part.unusedKeys.length > 0)
        lines.push(
          `    ${part.unusedKeys.length} keys nothing uses: ${part.unusedKeys.slice(0, 5).join(', ')}`,
        );
    }
  }
  if (report.adapter) {
    const { modules, families, dora, ranks, factors, others } = report.adapter;
    lines.push(
      `  ${modules} modules: ${families.map((family) => `${family.family} ×${family.modules}`).join(', ')}${dora > 0 ? `, DoRA ×${dora}` : ''}`,
      `  ranks: ${ranks.length > 0 ? ranks.join(', ') : 'full'}`,
      ...factors.slice(0, 8).map(({ shapes, modules: count }) => `    ${shapes} (×${count})`),
    );
    if (others.length > 0)
      lines.push(`  ${others.length} tensors belong to no module: ${others.slice(0, 5).join(', ')}`);
  }
  if (report.metadataKeys.length > 0) lines.push(`  metadata: ${report.metadataKeys.join(', ')}`);
  return lines.join('\n');
}

const millions = (count: number): string =>
  count >= 1e9
    ? `${(count / 1e9).toFixed(2)} G`
    : count >= 1e6
      ? `${(count / 1e6).toFixed(1)} M`
      : `${Math.round(count / 1e3)} k`;
