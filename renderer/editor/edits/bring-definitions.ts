import type { Draft } from 'immer';
import { own } from '../../../nodes/core/own.ts';
import { sameJson } from '../../../nodes/core/same-json.ts';
import type { Definition, Document } from '../../../nodes/document/schema.ts';
import { definitionIdOf, subgraphType } from '../../../nodes/document/subgraph-types.ts';
import { newId } from '../../state/new-id.ts';

type Definitions = Readonly<Record<string, Definition>>;

const innerIds = ({ nodes }: Definition): string[] => [
  ...new Set(Object.values(nodes).flatMap((node) => definitionIdOf(node) ?? [])),
];

/** Are two definitions, and all subgraphs inside them, the same? */
function isSame(id: string, a: Definitions, b: Definitions, asked = new Set<string>()): boolean {
  if (asked.has(id)) return true;
  asked.add(id);
  const [one, other] = [own(a, id), own(b, id)];
  if (!one || !other) return one === other;
  return sameJson(one, other) && innerIds(one).every((inner) => isSame(inner, a, b, asked));
}

/**
 * Brings definitions from elsewhere into a document. What it has already is shared; another one of the
 * same id comes in under a new one. Returns the types of instances that are called otherwise here.
 */
export function bringDefinitions(draft: Draft<Document>, brought: Definitions): ReadonlyMap<string, string> {
  const ids = Object.keys(brought);
  const here = (draft.definitions ?? {}) as Definitions;
  const names = new Map(
    ids
      .filter((id) => !isSame(id, brought, here))
      .map((id) => [id, Object.hasOwn(here, id) ? newId('sub', here) : id]),
  );
  const types = new Map([...names].map(([from, to]) => [subgraphType(from), subgraphType(to)]));
  for (const [id, name] of names) {
    const definition = own(brought, id);
    if (!definition) continue;
    const copy = structuredClone(definition) as Draft<Definition>;
    for (const node of Object.values(copy.nodes)) node.type = types.get(node.type) ?? node.type;
    draft.definitions ??= {};
    draft.definitions[name] = copy;
  }
  return types;
}
