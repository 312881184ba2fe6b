import { UserError } from '../core/errors.ts';
import { type PrecisionChoice, precisions } from '../core/precision.ts';
import type { Problem } from '../document/problem.ts';
import type { KronodeNode } from '../execution/define-node.ts';
import type { Plan, PlannedNode } from '../graph/plan.ts';
import type { ForecastRequest, MemoryPlan } from '../inference/services/model-places.ts';

type Node = PlannedNode<KronodeNode>;

/** What a person is told about a run before it starts: what cannot fit is a problem, too. */
export interface MemoryForecast {
  readonly notices: readonly { readonly node: string; readonly message: string }[];
  readonly problems: readonly Problem[];
}

/** Longer prompts are rare, and cost little. */
const USUAL_CAPTION = 128;

/**
 * Says what each sampling node of a plan that will run needs, where its model and its size can be told from
 * the document; nothing is said of models nobody would run out of memory with.
 * @param runs ids of the nodes that are not known from before
 */
export async function forecastMemory(
  { nodes }: Plan<KronodeNode>,
  runs: ReadonlySet<string>,
  planOf: (request: ForecastRequest) => Promise<MemoryPlan>,
): Promise<MemoryForecast> {
  const notices: MemoryForecast['notices'][number][] = [];
  const problems: Problem[] = [];
  for (const [id, node] of nodes) {
    if (node.definition.type !== 'sampling.sample' || !runs.has(id)) continue;
    const request = requestOf(node, nodes);
    if (!request) continue;
    try {
      const { fits, message, hint, needBytes } = await planOf(request);
      if (!fits || needBytes >= WORTH_TELLING) notices.push({ node: id, message });
      if (fits) continue;
      if (hint !== undefined) notices.push({ node: id, message: hint });
      problems.push({ severity: 'warning', node: id, message, hint });
    } catch (error) {
      // A model that cannot be opened is told where it is loaded.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return { notices, problems };
}

const WORTH_TELLING = 1e9;

function requestOf(sample: Node, nodes: ReadonlyMap<string, Node>): ForecastRequest | undefined {
  const loader = upstream(sample, 'model', ['models.load'], nodes);
  const sized = upstream(sample, 'latent', ['latents.empty', 'latents.resize'], nodes);
  if (!loader || !sized) return undefined;
  const { model, text_encoder, vae, precision } = loader.values;
  const { width, height } = sized.values;
  const batch = upstream(sample, 'latent', ['latents.empty'], nodes)?.values.batch;
  if (typeof model !== 'string' || typeof width !== 'number' || typeof height !== 'number') return undefined;
  return {
    model,
    textEncoder: typeof text_encoder === 'string' ? text_encoder : '',
    vae: typeof vae === 'string' ? vae : '',
    precision: precisionOf(precision),
    picture: { width, height, batch: typeof batch === 'number' ? batch : 1, captionTokens: USUAL_CAPTION },
  };
}

const precisionOf = (value: unknown): PrecisionChoice =>
  precisions.find((precision) => precision === value) ?? 'auto';

/** The nearest node of some types that a wire comes from, through nodes that hand on what they take under the same name. */
function upstream(
  node: Node,
  input: string,
  types: readonly string[],
  nodes: ReadonlyMap<string, Node>,
): Node | undefined {
  let current: Node | undefined = node;
  for (let steps = 0; current && steps < nodes.size; steps++) {
    const from: string | undefined = current.wired[input]?.from[0];
    current = from === undefined ? undefined : nodes.get(from);
    if (current && types.includes(current.definition.type)) return current;
  }
  return undefined;
}
