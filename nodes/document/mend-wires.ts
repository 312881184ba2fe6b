import { own } from '../core/own.ts';
import type { Problem } from './problem.ts';
import type { Definition, Document } from './schema.ts';
import { INPUTS_NODE, instanceDefinition, isPortNode, OUTPUTS_NODE } from './subgraph-types.ts';

type Graph = Pick<Document, 'nodes' | 'wires'>;

export interface MendedWires {
  readonly wires: Document['wires'];
  readonly problems: readonly Problem[];
}

const hasPort = ({ ports }: Definition['inputs'], name: string): boolean =>
  ports.some((port) => port.name === name);

/**
 * Drops wires that no editor could show: those with an end at a node that is not there or at a port
 * that a subgraph does not have, and all but the first into one input. Each is reported.
 * @param within the definition whose graph this is, where it is one.
 */
export function mendWires(graph: Graph, document: Document, within?: Definition): MendedWires {
  const { nodes, wires } = graph;
  const problems: Problem[] = [];
  const taken = new Set<string>();
  /** What one end of a wire is missing; undefined where nothing is. */
  const lostAt = ([id, name]: readonly [string, string], side: 'inputs' | 'outputs'): string | undefined => {
    if (within && isPortNode(id)) {
      const own = id === INPUTS_NODE ? 'inputs' : 'outputs';
      return own !== side && hasPort(within[own], name)
        ? undefined
        : `no ${own.slice(0, -1)} ${name} of the subgraph`;
    }
    const node = own(nodes, id);
    if (!node) return `no node ${id}`;
    const definition = instanceDefinition(document, node);
    return !definition || hasPort(definition[side], name)
      ? undefined
      : `no ${side.slice(0, -1)} ${name} at ${id}`;
  };
  const kept = Object.entries(wires).filter(([, { from, to }]) => {
    const lost = lostAt(from, 'outputs') ?? lostAt(to, 'inputs');
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
          : `The wire from ${from.join('.')} to ${to.join('.')} was removed: there is ${lost}.`,
      ...(to[0] !== OUTPUTS_NODE && Object.hasOwn(nodes, to[0]) && { node: to[0], input: to[1] }),
    });
    return false;
  });
  return { wires: problems.length === 0 ? wires : Object.fromEntries(kept), problems };
}
