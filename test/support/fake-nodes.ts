import { createCatalogue } from '../../nodes/core/catalogue.ts';
import { UserError } from '../../nodes/core/errors.ts';
import {
  boolean,
  choice,
  file,
  float,
  int,
  numbers,
  seed,
  seeds,
  socket,
  text,
} from '../../nodes/core/inputs.ts';
import { output } from '../../nodes/core/node.ts';
import { tensor } from '../../nodes/core/tensor.ts';
import type { RunContext } from '../../nodes/execution/context.ts';
import { defineNode, type KronodeNode } from '../../nodes/execution/define-node.ts';
import seedsNode from '../../nodes/library/values/seed-list.ts';
import switchNode from '../../nodes/library/values/switch.ts';

const common = { version: 1, group: 'Values', doc: 'For tests.' } as const;

/** What fake nodes do when they run, and what they did. */
export interface FakeWorld {
  /** Ids of the nodes that ran, in order. */
  readonly ran: string[];
  /** Called by every fake node while it runs; may throw or wait. */
  during: (context: RunContext) => unknown;
}

/** Small nodes that do arithmetic and remember that they ran, together with the library's Switch and Seed list. */
export function fakeCatalogue() {
  const world: FakeWorld = { ran: [], during: () => undefined };
  const act = async (context: RunContext) => {
    world.ran.push(context.node);
    await world.during(context);
  };
  const nodes = [
    defineNode({
      ...common,
      type: 'fake.number',
      title: 'Number',
      inputs: { value: int({ default: 1, min: 0, max: 1000 }) },
      outputs: { value: output('INT') },
      run: async (ctx, { value }) => {
        await act(ctx);
        return { value };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.add',
      title: 'Add',
      inputs: { a: socket('INT'), b: socket('INT', { optional: true }) },
      outputs: { sum: output('INT') },
      run: async (ctx, { a, b = 0 }) => {
        await act(ctx);
        return { sum: a + b };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.dice',
      title: 'Dice',
      inputs: {},
      outputs: { value: output('INT') },
      pure: false,
      run: async (ctx) => {
        await act(ctx);
        return { value: world.ran.length };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.flag',
      title: 'Flag',
      inputs: { on: boolean({ default: true }) },
      outputs: { on: output('BOOLEAN') },
      run: async (ctx, { on }) => {
        await act(ctx);
        return { on };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.picture',
      title: 'Picture',
      inputs: { floats: int({ default: 3, min: 0, max: 1_000_000 }), name: text() },
      outputs: { image: output('IMAGE') },
      run: async (ctx, { floats }) => {
        await act(ctx);
        return { image: { pixels: tensor([1, 1, floats / 3, 3]) } };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.blend',
      title: 'Blend',
      inputs: {
        amount: float({ default: 0.5, min: 0, max: 1 }),
        image: socket('IMAGE'),
        other: socket('IMAGE', { optional: true }),
      },
      outputs: { image: output('IMAGE'), amount: output('FLOAT') },
      run: async (ctx, { image, amount }) => {
        await act(ctx);
        return { image, amount };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.file',
      title: 'File',
      inputs: { name: file('model') },
      outputs: { text: output('TEXT') },
      run: async (ctx, { name }) => {
        await act(ctx);
        return { text: name };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.widgets',
      title: 'Widgets',
      inputs: {
        int: int({ default: 1, min: 0, max: 10 }),
        float: float({ default: 0.5, min: 0, max: 1 }),
        seed: seed(),
        text: text({ maxLength: 20 }),
        boolean: boolean(),
        choice: choice(['left', 'right']),
        file: file('model', { optional: true }),
        numbers: numbers({ min: 0, max: 1, maxItems: 3 }),
        seeds: seeds({ maxItems: 3 }),
        socket: socket('INT', { optional: true }),
      },
      outputs: { value: output('INT') },
      run: async (ctx, { int: value }) => {
        await act(ctx);
        return { value };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.fail',
      title: 'Fail',
      inputs: { a: socket('INT', { optional: true }), why: text({ default: 'it had to' }) },
      outputs: { sum: output('INT') },
      run: async (ctx, { why }) => {
        await act(ctx);
        throw new UserError(why, { hint: 'Do not.' });
      },
    }),
    defineNode({
      ...common,
      type: 'fake.forget',
      title: 'Forget',
      inputs: {},
      outputs: { value: output('INT') },
      run: async (ctx) => {
        await act(ctx);
        return { value: undefined as unknown as number };
      },
    }),
    defineNode({
      ...common,
      type: 'fake.show',
      title: 'Show',
      inputs: { value: socket('INT') },
      outputs: {},
      effect: 'show',
      run: async (ctx, { value }) => {
        await act(ctx);
        ctx.artifact({ kind: 'text', text: String(value) });
        return {};
      },
    }),
    defineNode({
      ...common,
      type: 'fake.frame',
      title: 'Frame',
      inputs: { image: socket('IMAGE') },
      outputs: {},
      effect: 'show',
      run: async (ctx, { image }) => {
        await act(ctx);
        ctx.artifact({
          kind: 'shown-picture',
          png: new Uint8Array(10),
          width: 1,
          height: image.pixels.data.length,
        });
        return {};
      },
    }),
    seedsNode,
    switchNode,
  ] as unknown as readonly KronodeNode[];
  return { catalogue: createCatalogue(nodes), world };
}
