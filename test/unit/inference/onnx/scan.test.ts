import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { scanModel } from '../../../../nodes/inference/onnx/scan.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

type Fill = (writer: BinaryWriter) => void;
const BYTES = 2;
const message = (writer: BinaryWriter, field: number, fill: Fill) => {
  writer.tag(field, BYTES).fork();
  fill(writer);
  writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string) => writer.tag(field, BYTES).string(value);
const int = (writer: BinaryWriter, field: number, value: number) => writer.tag(field, 0).int64(value);

interface Weight {
  readonly shape?: readonly number[];
  readonly raw?: Uint8Array;
  readonly external?: Readonly<Record<string, string>>;
}
interface Node {
  readonly op?: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attribute?: Fill;
}
interface Parts {
  readonly nodes?: readonly Node[];
  readonly weight?: Weight;
  readonly more?: Fill;
  readonly inGraph?: Fill;
}

const writeNode = (writer: BinaryWriter, { op = 'Add', domain, inputs, outputs, attribute }: Node) => {
  for (const input of inputs) text(writer, 1, input);
  for (const output of outputs) text(writer, 2, output);
  text(writer, 4, op);
  if (attribute) message(writer, 5, attribute);
  if (domain !== undefined) text(writer, 7, domain);
};

function writeWeight(writer: BinaryWriter, { shape = [4], raw, external }: Weight): void {
  for (const size of shape) int(writer, 1, size);
  int(writer, 2, 1);
  text(writer, 8, 'w');
  if (raw) writer.tag(9, BYTES).bytes(raw);
  for (const [key, value] of Object.entries(external ?? {}))
    message(writer, 13, (entry) => {
      text(entry, 1, key);
      text(entry, 2, value);
    });
  if (external) int(writer, 14, 1);
}

const value = (writer: BinaryWriter, field: number, name: string) =>
  message(writer, field, (inner) => {
    text(inner, 1, name);
    message(inner, 2, (type) => message(type, 1, (tensor) => int(tensor, 1, 1)));
  });

/** y = x + w, with whatever is asked for put into it. */
function model({ nodes, weight = { raw: new Uint8Array(16) }, more, inGraph }: Parts = {}): Uint8Array {
  const writer = new BinaryWriter();
  int(writer, 1, 8);
  message(writer, 7, (graph) => {
    for (const node of nodes ?? [{ inputs: ['x', 'w'], outputs: ['y'] }])
      message(graph, 1, (inner) => writeNode(inner, node));
    message(graph, 5, (tensor) => writeWeight(tensor, weight));
    value(graph, 11, 'x');
    value(graph, 12, 'y');
    inGraph?.(graph);
  });
  message(writer, 8, (opset) => int(opset, 2, 17));
  more?.(writer);
  return writer.finish();
}

async function saved(bytes: Uint8Array): Promise<string> {
  const file = join(await tempFolder(), 'model.onnx');
  await writeFile(file, bytes);
  return file;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const file = await saved(bytes);
  try {
    scanModel(file);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/^\S+model\.onnx cannot be used: [^\n]+\.$/);
    expect((error as UserError).hint).toBeTruthy();
    return (error as UserError).message;
  }
  throw new Error('The model was not refused.');
}

const external = (location: string, more: Readonly<Record<string, string>> = {}): Parts => ({
  weight: { external: { location, ...more } },
});

describe('a sound model', () => {
  test('is read with its weights left where they are', async () => {
    const file = await saved(model({ weight: { shape: [32_768], raw: new Uint8Array(131_072) } }));
    const { nodes, inputs, outputs, initializers, opsets } = scanModel(file);
    expect(nodes.map(({ op }) => op)).toEqual(['Add']);
    expect([inputs[0]!.name, outputs[0]!.name, opsets]).toEqual(['x', 'y', { '': 17 }]);
    const { data } = initializers.get('w')!;
    expect(data).toMatchObject({ kind: 'file', file, length: 131_072 });
  });

  test('with weights beside it, cut into any number of files', async () => {
    const file = await saved(model(external('model.onnx.data', { offset: '8', length: '16' })));
    await writeFile(`${file}.data`, new Uint8Array(24));
    const { initializers, dataFiles } = scanModel(file);
    expect(initializers.get('w')!.data).toEqual({
      kind: 'file',
      file: `${file}.data`,
      offset: 8,
      length: 16,
    });
    expect(dataFiles).toEqual([`${file}.data`]);
  });

  test('is put in order where its operators are not', async () => {
    const { nodes } = scanModel(
      await saved(
        model({
          nodes: [
            { op: 'Relu', inputs: ['a'], outputs: ['y'] },
            { op: 'Add', inputs: ['x', 'w'], outputs: ['a'] },
          ],
        }),
      ),
    );
    expect(nodes.map(({ op }) => op)).toEqual(['Add', 'Relu']);
  });

  test('negative numbers keep their sign', async () => {
    const attribute: Fill = (writer) => {
      text(writer, 1, 'axis');
      int(writer, 3, -1);
      int(writer, 20, 2);
    };
    const file = await saved(model({ nodes: [{ inputs: ['x', 'w'], outputs: ['y'], attribute }] }));
    expect(scanModel(file).nodes[0]!.attributes.axis).toEqual({ kind: 'int', value: -1 });
  });

  test('a chain longer than the stack is deep', async () => {
    const count = 60_000;
    const nodes = Array.from({ length: count }, (_, i) => ({
      op: 'Relu',
      inputs: [i === count - 1 ? 'x' : `v${i + 1}`],
      outputs: [i === 0 ? 'y' : `v${i}`],
    }));
    expect(scanModel(await saved(model({ nodes }))).nodes).toHaveLength(count);
  });
});

describe('weights outside of the model', () => {
  test.each([
    ['../secret.bin', /leads out of its folder/],
    ['a/../../secret.bin', /leads out of its folder/],
    ['..\\secret.bin', /leads out of its folder/],
    ['/etc/passwd', /not inside its own folder/],
    ['C:\\secret.bin', /not inside its own folder/],
    ['\\\\server\\share', /not inside its own folder/],
    ['', /no file name/],
    ['a\0b', /no file name/],
    ['absent.bin', /"absent.bin" with its weights is missing/],
  ])('%j is refused', async (location, why) => {
    expect(await refusal(model(external(location)))).toMatch(why);
  });

  test('a link out of the folder is refused', async () => {
    const file = await saved(model(external('weights.bin')));
    const secret = join(await tempFolder(), 'secret.bin');
    await writeFile(secret, new Uint8Array(64));
    await symlink(secret, join(file, '..', 'weights.bin'));
    expect(() => scanModel(file)).toThrow(/a link that leads out of its folder/);
  });

  test('a folder in place of a file is refused', async () => {
    const file = await saved(model(external('weights.bin')));
    await mkdir(join(file, '..', 'weights.bin'));
    expect(() => scanModel(file)).toThrow(/is no file/);
  });

  test.each([
    [{ offset: '12' }, /ends at 28 bytes of "weights.bin", which has only 24: the file is cut off/],
    [{ offset: '9007199254740993' }, /impossible place/],
    [{ offset: '-4' }, /has the offset "-4"/],
    [{ length: '17' }, /needs 16 bytes and states 17/],
    [{ offset: '1e3' }, /has the offset/],
  ])('%j beyond the file is refused', async (more, why) => {
    const file = await saved(model(external('weights.bin', more)));
    await writeFile(join(file, '..', 'weights.bin'), new Uint8Array(24));
    expect(() => scanModel(file)).toThrow(why);
  });
});

describe('a hostile model ends in a sentence', () => {
  const nested =
    (depth: number): Fill =>
    (writer) => {
      text(writer, 1, 'then_branch');
      message(writer, 6, (graph) =>
        message(graph, 1, (inner) =>
          writeNode(inner, {
            op: 'If',
            inputs: [],
            outputs: [],
            ...(depth > 0 && { attribute: nested(depth - 1) }),
          }),
        ),
      );
    };
  const cases: Record<string, [Uint8Array, RegExp]> = {
    'nothing at all': [new Uint8Array(0), /no ONNX model/],
    'a text': [new TextEncoder().encode('this is no model'), /./],
    'an operator from elsewhere': [
      model({ nodes: [{ op: 'Evil', domain: 'my.ops', inputs: ['x'], outputs: ['y'] }] }),
      /"Evil" belongs to "my.ops"/,
    ],
    'functions of its own': [
      model({ more: (writer) => message(writer, 25, (inner) => text(inner, 1, 'f')) }),
      /functions/,
    ],
    'sparse weights': [
      model({ inGraph: (writer) => message(writer, 15, (inner) => text(inner, 1, 'f')) }),
      /sparse/,
    ],
    'a circle': [
      model({
        nodes: [
          { inputs: ['x', 'b'], outputs: ['a'] },
          { inputs: ['a', 'w'], outputs: ['b'] },
          { inputs: ['b', 'w'], outputs: ['y'] },
        ],
      }),
      /wait for each other in a circle/,
    ],
    'a value out of nowhere': [
      model({ nodes: [{ inputs: ['x', 'ghost'], outputs: ['y'] }] }),
      /nothing makes "ghost"/,
    ],
    'an output out of nowhere': [
      model({ nodes: [{ inputs: ['x', 'w'], outputs: ['z'] }] }),
      /nothing makes its output "y"/,
    ],
    'two makers': [
      model({
        nodes: [
          { inputs: ['x', 'w'], outputs: ['y'] },
          { inputs: ['x', 'w'], outputs: ['y'] },
        ],
      }),
      /two of its operators make "y"/,
    ],
    'weights that do not fill their shape': [
      model({ weight: { raw: new Uint8Array(15) } }),
      /needs 16 bytes and has 15/,
    ],
    'a shape beyond all files': [
      model({ weight: { shape: [2 ** 40, 2 ** 40], raw: new Uint8Array(16) } }),
      /impossible shape/,
    ],
    'a negative shape': [model({ weight: { shape: [-4], raw: new Uint8Array(16) } }), /impossible shape/],
    'branches without end': [
      model({ nodes: [{ op: 'If', inputs: ['x'], outputs: ['y'], attribute: nested(40) }] }),
      /nested too deeply/,
    ],
    'weights hidden in an operator': [
      model({
        nodes: [
          {
            op: 'Constant',
            inputs: [],
            outputs: ['y'],
            attribute: (writer) => {
              text(writer, 1, 'value');
              message(writer, 5, (tensor) => writeWeight(tensor, { external: { location: '/etc/passwd' } }));
            },
          },
        ],
      }),
      /lies in another file, inside an operator/,
    ],
    'a number without end': [
      Uint8Array.from([0x08, ...Array.from({ length: 12 }, () => 0xff)]),
      /too long|damaged/,
    ],
    'a length beyond the file': [Uint8Array.from([0x08, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f]), /cut off/],
    'an ending of nothing but fields': [
      model({ more: (writer) => writer.raw(new Uint8Array(1000).fill(0x0b)) }),
      /damaged/,
    ],
  };
  test.each(Object.entries(cases))('%s', async (_, [bytes, why]) => {
    expect(await refusal(bytes)).toMatch(why);
  });

  test('cut off anywhere', async () => {
    const whole = model();
    const file = await saved(whole);
    for (let length = whole.length - 1; length > 0; length--) {
      await truncate(file, length);
      expect(() => scanModel(file)).toThrow(UserError);
    }
  });

  test('damaged anywhere, it is read or refused and nothing else', async () => {
    const whole = model();
    const file = await saved(whole);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const bytes = whole.slice();
          for (const [at, byte] of changes) bytes[at] = byte;
          await writeFile(file, bytes);
          try {
            scanModel(file);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
