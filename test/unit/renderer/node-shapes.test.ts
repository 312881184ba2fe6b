import { describe, expect, test } from 'vitest';
import type { Document } from '../../../nodes/document/schema.ts';
import { library } from '../../../nodes/library/index.ts';
import { FlowAdapter } from '../../../renderer/editor/flow/adapters.ts';
import { type NodeShape, NodeShapes } from '../../../renderer/editor/flow/node-shapes.ts';
import { nodesInView } from '../../../renderer/editor/flow/view.ts';
import { buildDocument, withInput } from '../../support/build-document.ts';

const CHAINS = 80;

/** Many chains of load, resize and save: large enough to be drawn with shells. */
function manyNodes(change: (id: string) => object = () => ({})): Document {
  const row = (i: number) =>
    ['images.load', 'images.resize', 'images.save'].map((type, column) => {
      const id = `${type.slice(7)}${i}`;
      const at: [number, number] = [column * 320, i * 400];
      return [id, { type, at, ...change(id) }] as const;
    });
  const chains = Array.from({ length: CHAINS }, (_, i) => i);
  return buildDocument(
    Object.fromEntries(chains.flatMap(row)),
    chains.flatMap((i) => [`load${i}.image > resize${i}.image`, `resize${i}.image > save${i}.image`]),
  );
}
const shape: NodeShape = { width: 280, height: 100, handles: [] };
const shapesOf = (graph: Document, unfolded: readonly string[] = []) => {
  const shapes = new NodeShapes(library, (id) => unfolded.includes(id));
  const measured = shapes.toMeasure(graph);
  for (const id of measured) shapes.learn(graph, id, shape);
  return { shapes, measured };
};

describe('shapes of nodes that are not drawn', () => {
  test('one of each kind is measured', () => {
    const graph = manyNodes();
    const { shapes, measured } = shapesOf(graph);
    expect(measured).toEqual(['load0', 'resize0', 'save0']);
    expect(Object.keys(graph.nodes).every((id) => shapes.of(graph, id) === shape)).toBe(true);
  });

  test('small graphs are drawn whole', () => {
    const graph = buildDocument({ a: { type: 'images.load' }, b: { type: 'images.load' } });
    expect(shapesOf(graph).measured).toEqual([]);
    expect(shapesOf(graph).shapes.of(graph, 'a')).toBeUndefined();
  });

  test('numbers say nothing about the shape; text, folding, wires and unfolded rows do', () => {
    const graph = manyNodes();
    const { shapes } = shapesOf(graph);
    expect(shapes.of(withInput(graph, 'resize3', { width: 77 }), 'resize3')).toBe(shape);
    expect(shapes.of(withInput(graph, 'save3', { name: 'other' }), 'save3')).toBeUndefined();
    const changed = (change: object): Document => ({
      ...graph,
      nodes: { ...graph.nodes, resize3: { ...graph.nodes.resize3!, ...change } },
    });
    expect(shapes.of(changed({ at: [5, 5] }), 'resize3')).toBe(shape);
    expect(shapes.of(changed({ title: 'Half as large' }), 'resize3')).toBe(shape);
    expect(shapes.of(changed({ collapsed: true }), 'resize3')).toBeUndefined();
    const { w6, ...wires } = graph.wires;
    expect(w6!.to[0]).toBe('resize3');
    expect(shapes.of({ ...graph, wires }, 'resize3')).toBeUndefined();
    expect(shapesOf(graph, ['resize3']).shapes.of(graph, 'resize3')).toBeUndefined();
  });

  test('what nobody is like, or nobody knows, is drawn whole', () => {
    const graph = manyNodes((id) => (id === 'load1' ? { type: 'from.elsewhere' } : {}));
    const lone = withInput(graph, 'save2', { name: 'alone' });
    const { shapes, measured } = shapesOf(lone);
    expect([...measured].sort()).toEqual(['load0', 'resize0', 'save0']);
    expect(shapes.of(lone, 'load1')).toBeUndefined();
    expect(shapes.of(lone, 'save2')).toBeUndefined();
  });

  test('of hundreds of kinds only the most common are measured', () => {
    const pairs = Array.from({ length: 400 }, (_, i) => i);
    const graph = buildDocument(
      Object.fromEntries([
        ...pairs.map((i) => [`pair${i}`, { type: 'values.text', inputs: { value: `${i >> 1}` } }]),
        ...[1, 2, 3].map((i) => [`often${i}`, { type: 'images.load' }]),
      ]),
    );
    const { shapes, measured } = shapesOf(graph);
    expect(measured.length).toBe(100);
    expect(measured[0]).toBe('often1');
    expect(shapes.of(graph, 'often3')).toBe(shape);
    expect(shapes.of(graph, 'pair1')).toBe(shape);
    expect(shapes.of(graph, 'pair399')).toBeUndefined();
  });

  test('nodes are near when they can be read and lie in the window', () => {
    const graph = manyNodes();
    const { shapes } = shapesOf(graph);
    const window = { width: 1000, height: 800 };
    expect(nodesInView(graph, shapes, { x: 0, y: 0, zoom: 0.2 }, window)).toEqual([]);
    const near = nodesInView(graph, shapes, { x: 0, y: 0, zoom: 1 }, window);
    expect(near).toContain('node:load0');
    expect(near).toContain('node:save2');
    expect(near).not.toContain('node:load9');
    const below = nodesInView(graph, shapes, { x: 0, y: -20 * 400, zoom: 1 }, window);
    expect(below).toContain('node:load20');
    expect(below).not.toContain('node:load0');
  });
});

describe('what React Flow is told of them', () => {
  const none = new Set<never>();
  test('a shell has its size and sockets before it is drawn, and keeps the size when it is near', () => {
    const graph = manyNodes();
    const adapter = new FlowAdapter(shapesOf(graph).shapes);
    const [far] = adapter.nodes(graph, none, new Map(), undefined);
    expect(far).toMatchObject({ data: { id: 'load0', shell: shape }, measured: { width: 280, height: 100 } });
    expect(far!.handles).toEqual([]);
    const near = adapter.nodes(graph, none, new Map(), undefined, new Set(['node:load0'] as const));
    expect(near[0]!.data).toEqual({ id: 'load0' });
    expect(near[0]!.handles).toBeUndefined();
    expect(near[0]!.measured).toEqual({ width: 280, height: 100 });
    expect(adapter.sizeOf('node:load0')).toMatchObject({ width: 280, height: 100 });
    expect(near[1]!.data.shell).toBe(shape);
  });

  test('an edit that changes its shape draws it whole, at the size it had until that is known', () => {
    const graph = manyNodes();
    const adapter = new FlowAdapter(shapesOf(graph).shapes);
    adapter.nodes(graph, none, new Map(), undefined);
    const edited = withInput(graph, 'save0', { name: 'other' });
    const save = adapter.nodes(edited, none, new Map(), undefined).find(({ id }) => id === 'node:save0')!;
    expect(save.data.shell).toBeUndefined();
    expect(save.measured).toEqual({ width: 280, height: 100 });
  });
});
