import type { Problem } from './problem.ts';
import type { Document } from './schema.ts';

/**
 * Drops wires that no editor could show: those with an end at a node that is not there, and all but
 * the first into one input. Each is reported.
 */
export function mendWires({ nodes, wires }: Document): {
  readonly wires: Document['wires'];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const taken = new Set<string>();
  const kept = Object.entries(wires).filter(([, { from, to }]) => {
    const lost = [from[0], to[0]].find((id) => !Object.hasOwn(nodes, id));
    // Ids hold no space, so the pair reads one way only.
    const input = to.join(' ');
    if (lost === undefined && !taken.has(input)) {
      taken.add(input);
      return true;
    }
    problems.push({
      severity: 'warning',
      message:
        lost === undefined
          ? `A second wire into ${to[1]} of ${to[0]} was removed: an input takes one.`
          : `The wire from ${from.join('.')} to ${to.join('.')} was removed: there is no node ${lost}.`,
      ...(lost !== to[0] && { node: to[0], input: to[1] }),
    });
    return false;
  });
  return { wires: problems.length === 0 ? wires : Object.fromEntries(kept), problems };
}
