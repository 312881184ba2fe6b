import { createStore, useStore } from 'zustand';
import type { Catalogue } from '../../nodes/core/catalogue.ts';
import { own } from '../../nodes/core/own.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { indexDocument } from '../../nodes/graph/document-index.ts';

/** What becomes of a seed once a run was started with it. */
export const seedPolicies = ['fixed', 'increment', 'decrement', 'randomize'] as const;
export type SeedPolicy = (typeof seedPolicies)[number];

const MODULUS = 2n ** 64n;

export const randomSeed = (): string => String(crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n);

/** The seed of the run after this one; counting wraps around at 2^64. */
export function nextSeed(seed: string, policy: SeedPolicy): string {
  if (policy === 'randomize') return randomSeed();
  const step = policy === 'increment' ? 1n : policy === 'decrement' ? -1n : 0n;
  return String((BigInt(seed) + step + MODULUS) % MODULUS);
}

/** Policies of this session by `tab node input`. */
const policies = createStore<Readonly<Record<string, SeedPolicy>>>(() => ({}));
const keyOf = (tab: string, node: string, input: string) => `${tab} ${node} ${input}`;

export const useSeedPolicy = (tab: string, node: string, input: string): SeedPolicy =>
  useStore(policies, (state) => state[keyOf(tab, node, input)] ?? 'fixed');
export const setSeedPolicy = (tab: string, node: string, input: string, policy: SeedPolicy): void =>
  policies.setState({ [keyOf(tab, node, input)]: policy });

export interface SeedUse {
  /** The subgraph it is in; undefined for the workflow itself. */
  readonly definition: string | undefined;
  readonly node: string;
  readonly input: string;
  /** As the document holds it: one seed, or a list. */
  readonly value: string | readonly string[];
  readonly next: string | readonly string[] | undefined;
}

/** Under which a seed's policy and last use are kept: subgraphs may use the same ids inside. */
export const seedPlace = (definition: string | undefined, node: string): string =>
  definition === undefined ? node : `${definition}/${node}`;

/**
 * Every seed set on a node, inside subgraphs too, with the value it takes for the next run where that
 * is another.
 */
export const seedsIn = (document: Document, catalogue: Catalogue, tab: string): SeedUse[] => [
  ...seedsOf(document, undefined, catalogue, tab),
  ...Object.entries(document.definitions ?? {}).flatMap(([id, definition]) =>
    seedsOf(definition, id, catalogue, tab),
  ),
];

function seedsOf(
  graph: Pick<Document, 'nodes' | 'wires'>,
  definition: string | undefined,
  catalogue: Catalogue,
  tab: string,
): SeedUse[] {
  const index = indexDocument(graph);
  return Object.entries(graph.nodes).flatMap(([node, { type, inputs }]) =>
    Object.entries(catalogue.get(type)?.inputs ?? {}).flatMap(([input, widget]) => {
      if (widget.kind !== 'seed' && widget.kind !== 'seeds') return [];
      if (index.incoming(node, input)) return [];
      const value = (own(inputs, input) ?? widget.default) as string | readonly string[];
      const policy = policies.getState()[keyOf(tab, seedPlace(definition, node), input)] ?? 'fixed';
      const step = (seed: string) => (/^\d{1,20}$/.test(seed) ? nextSeed(seed, policy) : seed);
      const next = policy === 'fixed' ? undefined : typeof value === 'string' ? step(value) : value.map(step);
      return [{ definition, node, input, value, next }];
    }),
  );
}
