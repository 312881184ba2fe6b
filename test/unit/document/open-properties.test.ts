import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { type OpenedDocument, openDocument, serializeDocument } from '../../../nodes/document/open.ts';
import { library } from '../../../nodes/library/index.ts';
import {
  arbitraryDocument,
  mutatedJson,
  mutatedText,
  withProtoKey,
} from '../../support/arbitrary-documents.ts';

const RUNS = { numRuns: 1000 };
const documents = arbitraryDocument([...library.keys()]);
const texts = documents.map(serializeDocument);

/** Opens, or fails as a person may be told: one sentence, nothing of the program's insides. */
function openOrRefuse(text: string): OpenedDocument | undefined {
  try {
    return openDocument(text, library);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/^[^\n\r]{10,600}[.)…]$/u);
    expect(error.message).not.toMatch(/node_modules|\bat .*:\d+:\d+/);
    return undefined;
  }
}

const plain = (text: string): unknown => JSON.parse(text);

afterEach(() => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

describe('openDocument', () => {
  it('reads back what serializeDocument wrote', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { document: opened, problems } = openDocument(serializeDocument(document), new Map());
        expect(opened).toEqual(document);
        expect(problems.every(({ message }) => message.startsWith('There is no node type'))).toBe(true);
      }),
      RUNS,
    );
  });

  it('opens what it opened and saved to the same document', () => {
    fc.assert(
      fc.property(mutatedJson(texts), (text) => {
        const opened = openOrRefuse(text);
        if (!opened) return;
        const saved = serializeDocument(opened.document);
        expect(serializeDocument(openDocument(saved, library).document)).toBe(saved);
      }),
      RUNS,
    );
  });

  it('keeps values and wires of unknown node types as they were written', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const before = plain(text) as {
          nodes: Record<string, { type: string; inputs: unknown }>;
          wires: object;
        };
        const { nodes, wires } = openDocument(text, library).document;
        expect(JSON.stringify(wires)).toBe(JSON.stringify(before.wires));
        for (const [id, { type, inputs }] of Object.entries(before.nodes))
          if (!library.has(type)) expect(JSON.stringify(nodes[id]?.inputs)).toBe(JSON.stringify(inputs));
      }),
      RUNS,
    );
  });

  it('refuses arbitrary text in a sentence', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(openOrRefuse(text)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('refuses or opens arbitrary JSON in the place of each part', () => {
    const part = fc.constantFrom(
      'format',
      'version',
      'nodes',
      'wires',
      'frames',
      'notes',
      'view',
      'meta',
      '$schema',
      'other',
    );
    fc.assert(
      fc.property(part, fc.jsonValue(), (name, value) => {
        openOrRefuse(
          JSON.stringify({ format: 'kronode/workflow', version: 1, nodes: {}, wires: {}, [name]: value }),
        );
      }),
      RUNS,
    );
  });

  it('refuses or opens a workflow with one value changed', () => {
    let opened = 0;
    fc.assert(
      fc.property(mutatedJson(texts), (text) => {
        if (openOrRefuse(text)) opened++;
      }),
      RUNS,
    );
    // Both answers have to come up for this to say anything.
    expect(opened).toBeGreaterThan(100);
    expect(opened).toBeLessThan(900);
  });

  it('refuses or opens a workflow with a piece of its text changed', () => {
    fc.assert(
      fc.property(mutatedText(texts), (text) => {
        openOrRefuse(text);
      }),
      RUNS,
    );
  });

  it('refuses a __proto__ key anywhere, however it is written', () => {
    fc.assert(
      fc.property(withProtoKey(texts), (text) => {
        expect(() => openDocument(text, library)).toThrow(
          'The file uses the reserved name __proto__; no program writes that.',
        );
      }),
      RUNS,
    );
  });
});
