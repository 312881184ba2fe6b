import { quoted } from '../checkpoints/wording.ts';
import type { GraphNode } from './types.ts';

/**
 * Nodes in an order in which each comes after those it reads from; otherwise as given.
 *
 * @param known values that are there before any node
 * @param usesOf values a node reads, those of its sub-graphs included; names that nothing makes are
 * taken as belonging to the sub-graphs, unless they are inputs of the node itself
 * @returns a clause that tells what is wrong where there is no such order
 */
export function sortNodes<N extends GraphNode>(
  nodes: readonly N[],
  known: ReadonlySet<string>,
  usesOf: (node: N) => readonly string[],
): N[] | string {
  const makers = new Map<string, N>();
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (makers.has(output) || known.has(output)) return `two of its operators make ${quoted(output)}`;
      makers.set(output, node);
    }
  }
  const sorted: N[] = [];
  const states = new Map<N, 'open' | 'done'>();
  for (const first of nodes) {
    // By hand in place of a recursion: a chain may be longer than the stack is deep.
    const stack: { readonly node: N; readonly uses: readonly string[]; next: number }[] = [];
    const enter = (node: N): boolean => {
      const state = states.get(node);
      if (state === 'open') return false;
      if (state === undefined) {
        states.set(node, 'open');
        stack.push({ node, uses: usesOf(node), next: 0 });
      }
      return true;
    };
    enter(first);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const use = top.uses[top.next++];
      if (use === undefined) {
        states.set(top.node, 'done');
        sorted.push(top.node);
        stack.pop();
        continue;
      }
      const maker = makers.get(use);
      if (maker && !enter(maker))
        return `its operators wait for each other in a circle, through ${quoted(use)}`;
      if (!maker && use !== '' && !known.has(use) && top.node.inputs.includes(use))
        return `nothing makes ${quoted(use)}, which its operator ${quoted(top.node.op)} reads`;
    }
  }
  return sorted;
}
