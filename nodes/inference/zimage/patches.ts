/** Sides of a latent in latent pixels; both even. */
export interface LatentSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

const PATCH = 2;

/** Visits every value of a latent with its index there and in the rows of patches. */
function eachValue(
  { channels, height, width }: LatentSize,
  visit: (latent: number, patch: number) => void,
): void {
  const columns = width / PATCH;
  const features = channels * PATCH * PATCH;
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const token = (y >> 1) * columns + (x >> 1);
        const feature = ((y & 1) * PATCH + (x & 1)) * channels + channel;
        visit((channel * height + y) * width + x, token * features + feature);
      }
}

/** Image tokens of a latent of this size. */
export const patchCount = ({ height, width }: LatentSize): number => (height / PATCH) * (width / PATCH);

/**
 * Cuts one latent [channels, height, width] into rows of 2×2 patches, row-major, channel fastest:
 * feature = (row·2 + column)·channels + channel. Writes into `target` from `offset` on.
 */
export function patchify(latent: Float32Array, size: LatentSize, target: Float32Array, offset: number): void {
  eachValue(size, (from, to) => {
    target[offset + to] = latent[from] ?? 0;
  });
}

/** The inverse of {@link patchify}, with the sign turned: the network predicts the negative velocity. */
export function unpatchifyNegated(
  patches: Float32Array,
  offset: number,
  size: LatentSize,
  target: Float32Array,
): void {
  eachValue(size, (to, from) => {
    target[to] = -(patches[offset + from] ?? 0);
  });
}
