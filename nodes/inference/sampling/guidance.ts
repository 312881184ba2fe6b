/**
 * Classifier-free guidance: negative + scale · (positive − negative), as ComfyUI counts `scale`.
 * @param normalization above 0, the result is shortened to at most this multiple of the length of
 *   `positive`, per image (`cfg_normalization` of diffusers' ZImagePipeline)
 * @param images number of images in the batch
 */
export function guide(
  positive: Float32Array,
  negative: Float32Array,
  scale: number,
  normalization: number,
  images: number,
): Float32Array {
  const guided = new Float32Array(positive.length);
  for (let i = 0; i < guided.length; i++) {
    const from = negative[i] ?? 0;
    guided[i] = from + scale * ((positive[i] ?? 0) - from);
  }
  if (normalization <= 0) return guided;
  const size = guided.length / images;
  for (let image = 0; image < images; image++) {
    const [from, to] = [image * size, (image + 1) * size];
    const part = guided.subarray(from, to);
    const limit = normalization * lengthOf(positive.subarray(from, to));
    const length = lengthOf(part);
    if (length > limit) for (let i = 0; i < part.length; i++) part[i] = ((part[i] ?? 0) * limit) / length;
  }
  return guided;
}

const lengthOf = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
