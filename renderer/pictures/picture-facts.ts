import { z } from 'zod';
import type { PictureSummary } from '../../nodes/protocol/contract.ts';

/** Facts as nodes record them (execution/services.ts); files may hold anything. */
const zFile = z.object({ name: z.string(), sha256: z.string().optional() });
const zStrength = z.union([z.number(), z.array(z.number())]);
const zFact = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['model', 'text-encoder', 'vae']), file: zFile }),
  z.object({
    kind: z.literal('adapter'),
    file: zFile,
    strength: zStrength,
    curve: z.unknown().optional(),
    blocks: z.unknown().optional(),
  }),
  z.object({ kind: z.literal('prompt'), text: z.string() }),
  z.object({
    kind: z.literal('sampling'),
    sampler: z.object({ name: z.string(), eta: z.number().optional() }),
    sigmas: z.array(z.number()),
    seeds: z.array(z.string()),
    generator: z.string().optional(),
    guidance: z.number().optional(),
  }),
]);
type Fact = z.output<typeof zFact>;
type FactOf<K extends Fact['kind']> = Extract<Fact, { kind: K }>;

/** What a picture was made with, as people ask for it. */
export interface Making {
  readonly prompts: readonly string[];
  readonly seeds: readonly string[];
  readonly models: readonly FactOf<'model' | 'text-encoder' | 'vae'>[];
  readonly adapters: readonly FactOf<'adapter'>[];
  readonly samplings: readonly FactOf<'sampling'>[];
}

const known = new WeakMap<PictureSummary, Making>();

/** What a picture says about its making; what it says in an unknown way is passed over. */
export function makingOf(picture: PictureSummary): Making {
  const made = known.get(picture);
  if (made) return made;
  const facts = picture.facts.flatMap((fact) => zFact.safeParse(fact).data ?? []);
  const of = <K extends Fact['kind']>(...kinds: readonly K[]) =>
    facts.filter((fact): fact is FactOf<K> => kinds.some((kind) => kind === fact.kind));
  const samplings = of('sampling');
  const making = {
    prompts: of('prompt').map(({ text }) => text),
    seeds: [...new Set(samplings.flatMap(({ seeds }) => seeds))],
    models: [...of('model'), ...of('text-encoder'), ...of('vae')],
    adapters: of('adapter'),
    samplings,
  };
  known.set(picture, making);
  return making;
}

/** Strengths as they are read: `0.8`, or one per step. */
export const strengthText = (strength: number | readonly number[]): string =>
  [strength].flat().map(shortNumber).join(', ');

/** At most four digits after the point, none for nothing. */
export const shortNumber = (value: number): string => String(Number(value.toFixed(4)));

/**
 * Whether a picture has every word of a query in its prompts, file name, seeds, models or adapters.
 * A picture without facts is found by its file name only.
 */
export function matches(picture: PictureSummary, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { prompts, seeds, models, adapters } = makingOf(picture);
  const files = [...models, ...adapters].map(({ file }) => file.name);
  const text = [picture.file ?? '', ...prompts, ...seeds, ...files].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}
