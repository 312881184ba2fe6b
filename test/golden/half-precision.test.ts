import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../nodes/core/tensor.ts';
import { AutoencoderKL } from '../../nodes/inference/autoencoder-kl/autoencoder-kl.ts';
import { decoderGraph } from '../../nodes/inference/autoencoder-kl/decoder-graph.ts';
import { encoderGraph } from '../../nodes/inference/autoencoder-kl/encoder-graph.ts';
import { type OpenedPart, openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { readTensor } from '../../nodes/inference/checkpoints/safetensors.ts';
import type { LinearWeight } from '../../nodes/inference/onnx/block-matrix.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import type { Value } from '../../nodes/inference/onnx/types.ts';
import { Session } from '../../nodes/inference/ort/session.ts';
import { buildQwen3Graph } from '../../nodes/inference/qwen3/graph.ts';
import { ropeTables } from '../../nodes/inference/qwen3/rope.ts';
import { readAll, writeCopy } from '../support/checkpoint-copies.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { loadGolden, pick } from '../support/golden.ts';
import { HalfGraph } from '../support/half-graph.ts';
import { relativeError } from '../support/relative-error.ts';
import { tempFolder } from '../support/temp-folder.ts';

// Text encoder and autoencoder in half precision as a GPU computes them: every operator’s result is rounded, attention is in float32;
// the transformer's blocks are in precision.test.ts.

const HALF_MAX = 65_504;
/** Relative errors of results, against the same weights in float32. */
const MOST = { vae: 0.003, textEncoder: 0.002 } as const;
/** Attention whose scores are results of operators of their own. */
const PLAIN = { kind: 'primitive', chunks: 1 } as const;
const settings = { provider: 'cpu', weights: 'packed', attention: { kind: 'fused' } } as const;

/** A golden model with some of its weights changed in place. */
async function changed(
  name: string,
  weightFile: string,
  change: (weights: (name: string) => Float32Array) => void,
): Promise<string> {
  const folder = join(await tempFolder(), name);
  await mkdir(folder);
  await copyFile(goldenPath(`${name}/config.json`), join(folder, 'config.json'));
  const tensors = await readAll(goldenPath(`${name}/${weightFile}`));
  change((tensor) => tensors.get(tensor)!.values);
  await writeCopy(join(folder, weightFile), [...tensors.values()]);
  return folder;
}

const largest = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('the autoencoder in half precision', async () => {
  const cases = await loadGolden('vae-tiny/cases.safetensors');
  const inHalf = ({ weights, config }: OpenedPart<'vae'>) =>
    new AutoencoderKL(
      {
        decoder: () => decoderGraph(weights, config, PLAIN, new HalfGraph('VAE decoder')),
        encoder: () => encoderGraph(weights, config, PLAIN, new HalfGraph('VAE encoder')),
      },
      config,
      settings,
    );
  const whole = (vae: AutoencoderKL, [, , height = 0, width = 0]: readonly number[], per: number) =>
    vae.plan({
      height: height / per,
      width: width / per,
      mode: 'whole',
      tile: 0,
      overlap: 0,
      budgetBytes: Number.POSITIVE_INFINITY,
    });
  const decode = async (vae: AutoencoderKL, latent: Tensor) =>
    (await vae.decode(latent, whole(vae, latent.dims, 1))).data;

  test.each(['decode16x16', 'decode12x20', 'decode6x6'])('%s equals the reference', async (name) => {
    const vae = inHalf(await openPart(goldenPath('vae-tiny'), 'vae'));
    const image = await decode(vae, pick(cases, `${name}.latent`));
    await vae.dispose();
    expect(relativeError(image, pick(cases, `${name}.image`).data)).toBeLessThan(MOST.vae);
  });

  test.each(['encode64x64', 'encode72x104'])('%s equals the reference', async (name) => {
    const vae = inHalf(await openPart(goldenPath('vae-tiny'), 'vae'));
    const image = pick(cases, `${name}.image`);
    const { mean } = await vae.encode(image, whole(vae, image.dims, 8));
    await vae.dispose();
    const moments = pick(cases, `${name}.moments`).data;
    expect(relativeError(mean.data, moments.slice(0, moments.length / 2))).toBeLessThan(MOST.vae);
  });

  test('attention whose scores go beyond half precision comes through', async () => {
    const CHANNEL = 5;
    const CONSTANT = 512;
    expect(CONSTANT ** 2).toBeGreaterThan(4 * HALF_MAX);
    const folder = await changed('vae-tiny', 'diffusion_pytorch_model.safetensors', (weights) => {
      // One channel adds the same to all scores, far beyond half precision; what attention gives stays.
      for (const layer of ['to_q', 'to_k']) {
        const name = `decoder.mid_block.attentions.0.${layer}`;
        const bias = weights(`${name}.bias`);
        weights(`${name}.weight`).fill(0, CHANNEL * bias.length, (CHANNEL + 1) * bias.length);
        bias[CHANNEL] = CONSTANT;
      }
    });
    const part = await openPart(folder, 'vae');
    const latent = pick(cases, 'decode16x16.latent');
    const exact = new AutoencoderKL(part.weights, part.config, settings);
    const half = inHalf(part);
    const error = relativeError(await decode(half, latent), await decode(exact, latent));
    await exact.dispose();
    await half.dispose();
    expect(error).toBeLessThan(MOST.vae);
  });
});

/** Gives what goes into the last layer of the first feed-forward as a second output, `product`. */
class WatchedGraph extends Graph {
  override linear(x: Value, weight: LinearWeight, bias?: Value): Value {
    if ('name' in weight && weight.name === 'layers.0.mlp.down_proj') this.output('product', x);
    return super.linear(x, weight, bias);
  }
}

describe('the text encoder in half precision', async () => {
  const golden = await loadGolden('qwen3-tiny/cases.safetensors');
  const HIDDEN = 64;
  const run = async (
    { weights, config }: OpenedPart<'text-encoder'>,
    ids: readonly number[],
    graph: Graph,
  ) => {
    const session = await Session.create(
      buildQwen3Graph(weights, config, settings.attention, graph),
      settings,
    );
    const table = weights.get('model.embed_tokens.weight')!;
    const embeddings = {
      dims: [ids.length, config.hiddenSize],
      data: await readTensor(table, { rows: [...ids] }),
    };
    const { features, product } = await session.run({
      embeddings,
      ...ropeTables(ids.length, config.headDim, config.ropeTheta),
    });
    await session.release();
    return { features: features!.data, product: product?.data };
  };

  test.each([
    ['single', 'single.hidden_states.2'],
    ['long', 'long.hidden_states.-2'],
  ])('%s equals the reference', async (name, expected) => {
    const part = await openPart(goldenPath('qwen3-tiny'), 'text-encoder');
    const ids = [...pick(golden, `${name}.input_ids`).data];
    const { features } = await run(part, ids, new HalfGraph('text encoder'));
    expect(relativeError(features, pick(golden, expected).data)).toBeLessThan(MOST.textEncoder);
  });

  test('a feed-forward product beyond half precision comes through finite and right', async () => {
    const CHANNEL = 11;
    const folder = await changed('qwen3-tiny', 'model.safetensors', (weights) => {
      const [gate, up, down] = ['gate', 'up', 'down'].map((name) =>
        weights(`model.layers.0.mlp.${name}_proj.weight`),
      );
      for (let hidden = 0; hidden < HIDDEN; hidden++) {
        gate![CHANNEL * HIDDEN + hidden]! *= 64;
        up![CHANNEL * HIDDEN + hidden]! *= 4096;
        down![(hidden * down!.length) / HIDDEN + CHANNEL]! *= 2 ** -10;
      }
    });
    const part = await openPart(folder, 'text-encoder');
    const ids = [...pick(golden, 'single.input_ids').data];
    const exact = await run(part, ids, new WatchedGraph('text encoder'));
    expect(largest(exact.product!)).toBeGreaterThan(4 * HALF_MAX);
    const { features } = await run(part, ids, new HalfGraph('text encoder'));
    expect(relativeError(features, exact.features)).toBeLessThan(MOST.textEncoder);
  });
});
