import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';

/** An event of the runtime's profile; those of single operators name the provider that ran them. */
const zEvent = z.object({
  cat: z.string().optional(),
  name: z.string().optional(),
  args: z
    .object({
      provider: z.string().optional(),
      op_name: z.string().optional(),
      output_type_shape: z.array(z.record(z.string(), z.unknown())).optional(),
    })
    .loose()
    .optional(),
});

/** What the runtime calls its CPU provider. */
const CPU = 'CPUExecutionProvider';
/** Work on sizes and constants, which is the CPU's on every provider and costs nothing. */
const harmless: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'Constant',
  'ConstantOfShape',
  'Gather',
  'Concat',
  'Slice',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Range',
  'If',
  'Identity',
]);

/**
 * Counts by operator what ran on the CPU, from a profile of the runtime.
 * @param profile JSON text
 */
export function fallbacksIn(profile: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const events = z.array(zEvent).safeParse(JSON.parse(profile)).data ?? [];
  for (const { cat, name = '', args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || args?.provider !== CPU) continue;
    const operator = args.op_name ?? 'unknown';
    if (!harmless.has(operator) && !cutsSizes(args)) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  }
  return counts;
}

/** Whether a node cuts sizes or switches apart: they lie on the CPU, and so does what is made of them. */
const cutsSizes = ({
  op_name,
  output_type_shape: outputs = [],
}: NonNullable<z.infer<typeof zEvent>['args']>) =>
  op_name === 'Split' &&
  outputs.length > 0 &&
  outputs.every((output) => Object.keys(output).every((type) => type === 'int64' || type === 'bool'));

/** `Einsum ×3, Resize` */
export const listOperators = (operators: ReadonlyMap<string, number>): string =>
  [...operators].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(', ');

/**
 * Watches where the first run of a session takes place. The runtime tells it in a profile alone, which
 * is written to a folder of its own and goes away after it was read.
 */
export class PlacementWatch {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<PlacementWatch> {
    return new PlacementWatch(await mkdtemp(join(tmpdir(), 'kronode-placement-')));
  }

  /** To be added to the options of the session. */
  get options(): Pick<InferenceSession.SessionOptions, 'enableProfiling' | 'profileFilePrefix'> {
    return { enableProfiling: true, profileFilePrefix: join(this.#folder, 'run') };
  }

  /** Ends the profile after the first run and reads it. */
  async finish(session: InferenceSession): Promise<ReadonlyMap<string, number>> {
    try {
      session.endProfiling();
      const [name] = await readdir(this.#folder);
      return name === undefined ? new Map() : fallbacksIn(await readFile(join(this.#folder, name), 'utf8'));
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
