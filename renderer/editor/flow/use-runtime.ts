import { useStore } from 'zustand';
import { isWidget } from '../../../nodes/core/inputs.ts';
import { own } from '../../../nodes/core/own.ts';
import { instanceDefinition } from '../../../nodes/document/subgraph-types.ts';
import { PATH_SEPARATOR } from '../../../nodes/graph/flatten.ts';
import { innerSource, innerTargets } from '../../../nodes/graph/inside-instance.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { inside, markInside, runInside } from '../../state/instance-runtime.ts';
import type { Problem } from '../../state/problem.ts';
import { type NodeRun, useTabRuntime } from '../../state/runtime-store.ts';
import { useGraph, useTab } from './tab-context.ts';

/** The id by which runs know a node of this canvas: with the instances on the way to it. */
export const useRuntimeId = (id: string): string =>
  useStore(useTab().store.state, ({ path }) => [...path, id].join(PATH_SEPARATOR));

const useIsInstance = (id: string): boolean =>
  useGraph((graph) => {
    const node = own(graph.nodes, id);
    return node !== undefined && instanceDefinition(graph, node) !== undefined;
  });

/** What the last run did at a node; of an instance, at all nodes inside it. */
export function useNodeRun(id: string): NodeRun | undefined {
  const at = useRuntimeId(id);
  const isInstance = useIsInstance(id);
  return useTabRuntime(useTab().id, ({ nodes }) => (isInstance ? runInside(nodes, at) : nodes[at]));
}

/** What a run would do at a node now. */
export function useRunMark(id: string): 'run' | 'cached' | undefined {
  const at = useRuntimeId(id);
  const isInstance = useIsInstance(id);
  return useTabRuntime(useTab().id, ({ marks }) => (isInstance ? markInside(marks, at) : marks[at]));
}

/** The newest picture at a node, or of what is inside it. */
export function usePreview(id: string): string | undefined {
  const at = useRuntimeId(id);
  const isInstance = useIsInstance(id);
  return useTabRuntime(useTab().id, ({ previews }) =>
    isInstance ? inside(previews, at).at(-1)?.[1] : previews[at],
  );
}

/** Does something keep this node, or one inside it, from running? */
export function useIsBlamed(id: string): boolean {
  const at = useRuntimeId(id);
  return useTabRuntime(useTab().id, ({ problems }) =>
    problems.some(
      ({ node, severity }) => severity === 'error' && (node === at || node?.startsWith(at + PATH_SEPARATOR)),
    ),
  );
}

/** What is wrong with a value at a node; that a wire is missing shows at its socket. */
export function useWrongValue(id: string): Problem | undefined {
  const at = useRuntimeId(id);
  const catalogue = useCatalogue();
  const type = useGraph((graph) => own(graph.nodes, id)?.type ?? '');
  const isWidgetOf = (input: string | undefined) => {
    const declared = own(catalogue.get(type)?.inputs ?? {}, input ?? '');
    return declared === undefined || isWidget(declared);
  };
  return useTabRuntime(useTab().id, ({ problems }) =>
    problems.find(({ node, input, severity }) => severity === 'error' && node === at && isWidgetOf(input)),
  );
}

/** Does something keep this input from running? */
export function useIsInputBlamed(id: string, name: string): boolean {
  const at = useRuntimeId(id);
  // One text, so that it can be compared; empty for a node that is no instance.
  const inner = useGraph((graph) => {
    const node = own(graph.nodes, id);
    return node && instanceDefinition(graph, node)
      ? innerTargets(graph, node, [at, name]).map(placeKey).join('\n')
      : '';
  });
  return useTabRuntime(useTab().id, ({ problems }) => {
    if (problems.length === 0) return false;
    const places = inner === '' ? [placeKey([at, name])] : inner.split('\n');
    return problems.some(
      ({ node, input, severity }) =>
        severity === 'error' && node !== undefined && places.includes(placeKey([node, input ?? ''])),
    );
  });
}

// Paths of nodes hold no space, so the text reads one way only.
const placeKey = ([node, name]: readonly [string, string]): string => `${node} ${name}`;

/** One line about the value at an output, once there was one. */
export function useOutputSummary(id: string, name: string): string | undefined {
  const at = useRuntimeId(id);
  const inner = useGraph((graph) => {
    const node = own(graph.nodes, id);
    if (!node || !instanceDefinition(graph, node)) return undefined;
    const source = innerSource(graph, node, [at, name]);
    return source ? placeKey(source) : '';
  });
  const cut = inner?.indexOf(' ') ?? 0;
  const [node, output] = inner === undefined ? [at, name] : [inner.slice(0, cut), inner.slice(cut + 1)];
  return useTabRuntime(useTab().id, ({ nodes }) => nodes[node]?.outputs?.[output]);
}
