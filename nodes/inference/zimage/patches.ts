/** Sides of a latent in latent pixels; both even. */
export interface LatentSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

const PATCH = 2;

/** Image tokens of a latent of this size. */
export const patchCount = ({ height, width }: LatentSize): number => (height / PATCH) * (width / PATCH);

/**
 * For every value of a patch row, in order, its distance from the patch's first value in the latent:
 * 2×2 pixels row-major, channel fastest, feature = (row·2 + column)·channels + channel.
 */
function featureOffsets({ channels, height, width }: LatentSize): Int32Array {
  const offsets = new Int32Array(channels * PATCH * PATCH);
  for (let feature = 0; feature < offsets.length; feature++) {
    const pixel = Math.floor(feature / channels);
    const channel = feature % channels;
    offsets[feature] = (channel * height + Math.floor(pixel / PATCH)) * width + (pixel % PATCH);
  }
  return offsets;
}

/** Index in the latent of the first value of patch `token`, row-major. */
const patchStart = (token: number, width: number): number => {
  const columns = width / PATCH;
  return Math.floor(token / columns) * PATCH * width + (token % columns) * PATCH;
};

/**
 * Cuts one latent [channels, height, width] into rows of 2×2 patches, row-major. Writes into `target`
 * from `offset` on.
 */
export function patchify(latent: Float32Array, size: LatentSize, target: Float32Array, offset: number): void {
  const offsets = featureOffsets(size);
  let write = offset;
  for (let token = 0; token < patchCount(size); token++) {
    const start = patchStart(token, size.width);
    for (let feature = 0; feature < offsets.length; feature++)
      target[write++] = latent[start + (offsets[feature] ?? 0)] ?? 0;
  }
}

/** The inverse of {@link patchify}, with the sign turned: the network predicts the negative velocity. */
export function unpatchifyNegated(
  patches: Float32Array,
  offset: number,
  size: LatentSize,
  target: Float32Array,
): void {
  const offsets = featureOffsets(size);
  let read = offset;
  for (let token = 0; token < patchCount(size); token++) {
    const start = patchStart(token, size.width);
    for (let feature = 0; feature < offsets.length; feature++)
      target[start + (offsets[feature] ?? 0)] = -(patches[read++] ?? 0);
  }
}
