import { readdir } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Graph } from '../../../../nodes/inference/onnx/graph.ts';
import { fallbacksIn, listOperators } from '../../../../nodes/inference/ort/node-placement.ts';
import { Session } from '../../../../nodes/inference/ort/session.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { testProviders } from '../../../support/webgpu.ts';

const event = (provider: string, op: string, kind = 'kernel_time') => ({
  cat: 'Node',
  name: `${op}_1_${kind}`,
  args: { provider, op_name: op },
});

const split = (...types: string[]) => {
  const { args, ...rest } = event('CPUExecutionProvider', 'Split');
  return { ...rest, args: { ...args, output_type_shape: types.map((type) => ({ [type]: [1] })) } };
};

describe('a profile of the runtime', () => {
  it('tells which operators ran on the CPU, without those that always do', () => {
    const profile = JSON.stringify([
      { cat: 'Session', name: 'model_run' },
      event('WebGpuExecutionProvider', 'MatMul'),
      event('CPUExecutionProvider', 'Einsum'),
      event('CPUExecutionProvider', 'Einsum'),
      event('CPUExecutionProvider', 'Einsum', 'fence_before'),
      event('CPUExecutionProvider', 'Resize'),
      event('CPUExecutionProvider', 'Shape'),
      split('bool', 'bool'),
      split('int64'),
      split('int64', 'float'),
    ]);
    expect(listOperators(fallbacksIn(profile))).toBe('Einsum ×2, Resize, Split');
  });
});

describe.runIf(testProviders.some((name) => name === 'webgpu'))('a session on WebGPU', () => {
  const watched = async (
    build: (graph: Graph) => void,
    feed: Record<string, Parameters<Session['run']>[0][string]>,
  ) => {
    const told: string[] = [];
    // Of its own: other sessions on this machine may be watched at the same time.
    const folder = await tempFolder();
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const graph = new Graph('test');
    build(graph);
    const session = await Session.create(graph.build(), {
      provider: 'webgpu',
      weights: 'packed',
      onFallback: (operators) => told.push(listOperators(operators)),
    });
    await session.run(feed);
    await session.run(feed);
    await session.release();
    expect(await readdir(folder)).toEqual([]);
    return told;
  };

  it('names what fell back to the CPU, once', async () => {
    const told = await watched(
      (graph) => {
        const x = graph.input('x', 'int64', [2]);
        graph.output('y', graph.cast(graph.mul(x, x), 'float32'));
      },
      { x: { dims: [2], data: BigInt64Array.of(3n, 4n) } },
    );
    expect(told).toEqual(['Mul']);
  });

  it('says nothing where all of it is on the GPU', async () => {
    const told = await watched(
      (graph) => {
        const x = graph.input('x', 'float32', [2, 2]);
        graph.output('y', graph.matmul(x, x));
      },
      { x: { dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) } },
    );
    expect(told).toEqual([]);
  });
});
