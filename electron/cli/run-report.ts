import type { Artifact } from '../../nodes/execution/context.ts';
import type { RunResult } from '../../nodes/execution/run.ts';
import type { Fact } from '../../nodes/execution/services.ts';

function contentOf(artifact: Artifact) {
  if (artifact.kind === 'text') return { text: artifact.text };
  if (artifact.kind === 'bars') return { bars: artifact.bars };
  return { width: artifact.width, height: artifact.height };
}

type SamplingFact = Fact & { readonly kind: 'sampling' };

/** What `kronode run --json` prints: outputs with what made them, notices (those from before the run first) and timings. */
export function runReport(
  result: RunResult,
  provider: { readonly name: string; readonly reason: string },
  forecast: RunResult['notices'],
) {
  return {
    ok: true,
    provider,
    outputs: result.artifacts.map(({ node, artifact, facts }) => {
      const sampling = facts.findLast((fact): fact is SamplingFact => fact.kind === 'sampling');
      return {
        node,
        kind: artifact.kind,
        ...contentOf(artifact),
        ...(artifact.kind === 'saved-picture' && { path: artifact.path }),
        seed: sampling?.seeds,
        sigmas: sampling?.sigmas,
        sampler: sampling?.sampler,
        guidance: sampling?.guidance,
        prompts: facts.flatMap((fact) => (fact.kind === 'prompt' ? [fact.text] : [])),
        models: facts.flatMap((fact) => ('file' in fact ? [{ kind: fact.kind, ...fact.file }] : [])),
      };
    }),
    notices: [...forecast, ...result.notices],
    timings: {
      milliseconds: result.milliseconds,
      nodes: result.timings.map(({ units, ...timing }) => ({
        ...timing,
        ...(units.length > 0 && { units }),
      })),
    },
  };
}
