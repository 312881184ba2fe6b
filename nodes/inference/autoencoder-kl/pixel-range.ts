import { type Tensor, tensor } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';

/** Decoder output [batch, 3, height, width], −1 to 1, as IMAGE [batch, height, width, 3], clamped to 0 to 1. */
export function toImage(decoded: Tensor): Image {
  const [batch = 0, channels = 0, height = 0, width = 0] = decoded.dims;
  const plane = height * width;
  const pixels = tensor([batch, height, width, channels]);
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++) {
      let read = (b * channels + c) * plane;
      const end = (b + 1) * plane * channels;
      for (let write = b * plane * channels + c; write < end; write += channels)
        pixels.data[write] = Math.min(1, Math.max(0, (decoded.data[read++] ?? 0) / 2 + 0.5));
    }
  return { pixels };
}

/** IMAGE [batch, height, width, 3], 0 to 1, as encoder input [batch, 3, height, width], −1 to 1. */
export function fromImage({ pixels }: Image): Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = pixels.dims;
  const plane = height * width;
  const input = tensor([batch, channels, height, width]);
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++) {
      let write = (b * channels + c) * plane;
      const end = (b + 1) * plane * channels;
      for (let read = b * plane * channels + c; read < end; read += channels)
        input.data[write++] = (pixels.data[read] ?? 0) * 2 - 1;
    }
  return input;
}
