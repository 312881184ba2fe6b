import fc from 'fast-check';
import { produce } from 'immer';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { openDocument, openDocumentValue, serializeDocument } from '../../../nodes/document/open.ts';
import { type Document, LIMITS } from '../../../nodes/document/schema.ts';
import { planRun } from '../../../nodes/graph/plan.ts';
import { library } from '../../../nodes/library/index.ts';
import { pack } from '../../../renderer/editor/edits/subgraphs.ts';
import { itemKey } from '../../../renderer/state/item-key.ts';
import { arbitraryDocument, mutatedJson, mutatedText } from '../../support/arbitrary-documents.ts';
import { buildDocument } from '../../support/build-document.ts';

const RUNS = { numRuns: 600 };

/** Documents whose nodes are packed, some of them several times over. */
const documents = fc
  .tuple(arbitraryDocument([...library.keys()]), fc.array(fc.nat(63), { minLength: 1, maxLength: 4 }))
  .map(([start, masks]) =>
    masks.reduce((document, mask) => {
      const keys = Object.keys(document.nodes).filter((_, i) => (mask >> i) & 1);
      return produce(document, (draft) => {
        pack(
          draft,
          document,
          keys.map((id) => itemKey('node', id)),
          'Packed',
        );
      });
    }, start),
  );
const texts = documents.map(serializeDocument);

/** Opens, or fails as a person may be told. */
function openOrRefuse(text: string): Document | undefined {
  try {
    return openDocument(text, library).document;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/^[^\n\r]{10,600}[.)…]$/u);
    return undefined;
  }
}

describe('a workflow with subgraphs', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { document: opened, problems } = openDocument(serializeDocument(document), new Map());
        expect(opened).toEqual(document);
        expect(problems.every(({ message }) => message.startsWith('There is no node type'))).toBe(true);
      }),
      RUNS,
    );
  });

  it.each([
    ['one value', mutatedJson(texts)],
    ['a piece of its text', mutatedText(texts)],
  ])('opens or is refused in a sentence with %s changed, and plans or says why not', (_, changed) => {
    let opened = 0;
    fc.assert(
      fc.property(changed, (text) => {
        const document = openOrRefuse(text);
        if (!document) return;
        opened++;
        const saved = serializeDocument(document);
        expect(serializeDocument(openDocument(saved, library).document)).toBe(saved);
        planRun(document, library);
      }),
      RUNS,
    );
    expect(opened).toBeGreaterThan(20);
  });
});

const withDefinition = (change: Partial<NonNullable<Document['definitions']>[string]> = {}) => ({
  ...buildDocument({ a: { type: 'subgraph:s' }, out: { type: 'values.number' } }),
  definitions: {
    s: {
      title: 'Part',
      inputs: { at: [0, 0], ports: [{ name: 'value' }] },
      outputs: { at: [0, 0], ports: [] },
      nodes: { n: { type: 'values.number', version: 1, at: [0, 0], inputs: {} } },
      wires: {},
      ...change,
    },
  },
});

describe('damage', () => {
  it.each([
    [
      'a node with the id of the ports',
      { nodes: { 'subgraph-inputs': { type: 't', version: 1, at: [0, 0], inputs: {} } } },
      'definitions.s.nodes',
    ],
    [
      'two ports of one name',
      { inputs: { at: [0, 0], ports: [{ name: 'x' }, { name: 'x' }] } },
      'a port is there twice',
    ],
    [
      'too many ports',
      {
        outputs: {
          at: [0, 0],
          ports: Array.from({ length: LIMITS.ports + 1 }, (_, i) => ({ name: `p${i}` })),
        },
      },
      'definitions.s.outputs.ports',
    ],
    ['an entry of a wrong kind', { wires: { w: { from: 1, to: 2 } } }, 'definitions.s.wires.w'],
    ['no title', { title: '' }, 'definitions.s.title'],
  ])('%s is refused, saying where', (_, change, where) => {
    expect(() => openDocumentValue(withDefinition(change as never), library)).toThrow(where);
  });

  it('too many definitions are refused', () => {
    const { definitions, ...rest } = withDefinition();
    const many = Object.fromEntries(
      Array.from({ length: LIMITS.definitions + 1 }, (_, i) => [`d${i}`, definitions.s]),
    );
    expect(() => openDocumentValue({ ...rest, definitions: many }, library)).toThrow(
      `The workflow has more than ${LIMITS.definitions} definitions.`,
    );
  });

  it('a subgraph that is not there leaves a node that is reported and kept', () => {
    const { document, problems } = openDocumentValue(
      buildDocument({ a: { type: 'subgraph:gone', inputs: { steps: 4 } } }),
      library,
    );
    expect(document.nodes.a?.inputs).toEqual({ steps: 4 });
    expect(problems).toEqual([
      expect.objectContaining({
        severity: 'error',
        node: 'a',
        message: 'The subgraph “gone” is not in this workflow.',
      }),
    ]);
  });

  it('wires to ports that are not there go, outside and inside', () => {
    const document = withDefinition({
      wires: {
        good: { from: ['subgraph-inputs', 'value'], to: ['n', 'value'] },
        bad: { from: ['subgraph-inputs', 'other'], to: ['n', 'other'] },
        backwards: { from: ['n', 'number'], to: ['subgraph-inputs', 'value'] },
      },
    });
    const opened = openDocumentValue(
      { ...document, wires: { w: { from: ['out', 'number'], to: ['a', 'nowhere'] } } },
      library,
    );
    expect(opened.document.wires).toEqual({});
    expect(Object.keys(opened.document.definitions?.s?.wires ?? {})).toEqual(['good']);
    expect(opened.problems.map(({ node, message }) => [node, message])).toEqual([
      ['a', 'The wire from out.number to a.nowhere was removed: there is no input nowhere at a.'],
      [
        'a/n',
        'The wire from subgraph-inputs.other to n.other was removed: there is no input other of the subgraph.',
      ],
      [
        undefined,
        'The wire from n.number to subgraph-inputs.value was removed: there is no input value of the subgraph.',
      ],
    ]);
  });

  it('what is wrong inside is told with the way there', () => {
    const { problems } = openDocumentValue(
      withDefinition({ nodes: { odd: { type: 'elsewhere.thing', version: 1, at: [0, 0], inputs: {} } } }),
      library,
    );
    expect(problems).toEqual([expect.objectContaining({ node: 'a/odd', severity: 'error' })]);
  });
});
