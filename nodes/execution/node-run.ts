import { bytesOfValue, describeValue, type SocketType } from '../core/sockets.ts';
import type { Document } from '../document/schema.ts';
import { originOf, type PlannedNode } from '../graph/planned-node.ts';
import type { Artifact, RunContext } from './context.ts';
import type { KronodeNode } from './define-node.ts';
import { ProgressMeter, type RunEvent } from './events.ts';
import type { Fact, Services } from './services.ts';
import type { CacheEntry } from './value-cache.ts';

/** What a node runs on. */
export interface NodeRun {
  readonly planned: PlannedNode<KronodeNode>;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The entries its wired inputs came from. */
  readonly sources: readonly CacheEntry[];
  /** Computes the cells of a sweep. */
  readonly cells: readonly (() => Promise<{ readonly value: unknown; readonly source: CacheEntry }>)[];
  readonly document: Document;
  readonly services: Services;
  readonly signal: AbortSignal;
  /** Nodes that write only show. */
  readonly live: boolean;
  readonly onEvent: (event: RunEvent) => void;
  /** Type of an output, where it is decided. */
  readonly typeOf: (output: string) => SocketType | undefined;
}

export interface NodeRunResult {
  readonly entry: CacheEntry;
  readonly milliseconds: number;
  /** Milliseconds of each step, tile or image the node reported. */
  readonly units: readonly number[];
}

/** Runs one node once, gathering all it gives and tells. Throws whatever the node throws. */
export async function runNode(run: NodeRun): Promise<NodeRunResult> {
  const { planned, inputs, sources, services, signal, document, onEvent } = run;
  const { definition } = planned;
  const node = originOf(planned);
  const artifacts: Artifact[] = [];
  const notices = sources.flatMap((source) => source.notices);
  const inherited = uniqueFacts(sources.flatMap((source) => source.facts));
  const facts = [...inherited];
  const units: number[] = [];
  let shown: CacheEntry['preview'];
  const startedAt = performance.now();
  const meter = new ProgressMeter(startedAt);
  const context: RunContext = {
    node,
    signal,
    services,
    document,
    progress: ({ done, total, unit, milliseconds, preview }) => {
      if (milliseconds !== undefined) units.push(milliseconds);
      shown = preview ?? shown;
      const pace = meter.update(performance.now(), done, total, milliseconds);
      onEvent({ kind: 'progress', node, done, total, unit, ...pace, preview });
    },
    notice: (message) => {
      notices.push({ node, message });
      onEvent({ kind: 'notice', node, message });
    },
    record: (fact) => facts.push(fact),
    artifact: (artifact, madeWith = planned.sweep ? uniqueFacts(facts) : inherited) => {
      artifacts.push(artifact);
      onEvent({ kind: 'artifact', node, artifact, facts: madeWith });
    },
    facts: () => inherited,
    sweep: planned.sweep && {
      ...planned.sweep,
      cells: run.cells.map((compute) => async () => {
        const { value, source } = await compute();
        notices.push(...source.notices);
        facts.push(...source.facts);
        return { value, facts: source.facts };
      }),
    },
  };
  onEvent({ kind: 'started', node });
  const outputs = await (isRehearsed(definition, run.live)
    ? definition.rehearse(context, inputs as never)
    : definition.run(context, inputs as never));
  const milliseconds = performance.now() - startedAt;

  const descriptions: Record<string, string> = {};
  let bytes = artifacts.reduce((sum, artifact) => sum + bytesOfArtifact(artifact), 0);
  for (const name of Object.keys(definition.outputs)) {
    const value = outputs[name];
    if (value === undefined) throw new Error(`${definition.type} gave nothing at ${name}.`);
    const type = run.typeOf(name);
    if (!type) continue;
    descriptions[name] = describeValue(type, value);
    // What it showed of itself on the way keeps as much as what it gave.
    bytes += bytesOfValue(type, value) * (shown ? 2 : 1);
  }
  const entry = {
    outputs,
    descriptions,
    artifacts,
    notices: uniqueNotices(notices),
    facts: uniqueFacts(facts),
    preview: shown,
    bytes,
  };
  return { entry, milliseconds, units };
}

/** Whether a node shows what it would write instead of writing it. */
export const isRehearsed = (
  definition: KronodeNode,
  live: boolean,
): definition is KronodeNode & Required<Pick<KronodeNode, 'rehearse'>> =>
  live && definition.rehearse !== undefined;

const bytesOfArtifact = (artifact: Artifact): number => {
  if (artifact.kind === 'shown-picture') return artifact.png.byteLength;
  if (artifact.kind === 'bars') return artifact.bars.length * 64;
  return artifact.kind === 'text' ? artifact.text.length * 2 : 0;
};

/** The first of all items with the same key. */
const uniqueBy = <T>(items: readonly T[], key: (item: T) => string): T[] => {
  const seen = new Set<string>();
  return items.filter((item) => seen.size !== seen.add(key(item)).size);
};

type Notice = CacheEntry['notices'][number];

/** The same notice reaches a node along every path from where it was given. */
export const uniqueNotices = (notices: readonly Notice[]): Notice[] =>
  uniqueBy(notices, ({ node, message }) => `${node}\n${message}`);

const factTexts = new WeakMap<Fact, string>();

function factText(fact: Fact): string {
  const known = factTexts.get(fact);
  if (known !== undefined) return known;
  const text = JSON.stringify(fact);
  factTexts.set(fact, text);
  return text;
}

const uniqueFacts = (facts: readonly Fact[]): Fact[] => uniqueBy(facts, factText);
