/**
 * Light of a channel, 0 to 1, as a byte: float32 product with 255, rounded half to even like
 * NumPy's `round`, which diffusers uses. What is outside is clamped; not-a-number becomes 0.
 */
function toByte(value: number): number {
  if (!(value > 0)) return 0;
  if (value >= 1) return 255;
  const scaled = Math.fround(value * 255);
  const rounded = Math.round(scaled);
  return rounded - scaled === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** Channel values 0 to 1 as bytes. */
export function toBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = toByte(values[i] ?? 0);
  return bytes;
}

/**
 * Interleaved samples of 1 (grey) to 4 (RGB and alpha) channels as RGB from 0 to 1, laid over white where transparent.
 * @param highest the sample that means full light or opaque: 255 or 65535
 */
export function toRgb(samples: Uint8Array | Uint16Array, channels: number, highest: number): Float32Array {
  const count = samples.length / channels;
  const rgb = new Float32Array(count * 3);
  const isGrey = channels < 3;
  const hasAlpha = channels % 2 === 0;
  for (let pixel = 0; pixel < count; pixel++) {
    const at = pixel * channels;
    const alpha = hasAlpha ? (samples[at + channels - 1] ?? 0) / highest : 1;
    for (let c = 0; c < 3; c++) {
      const light = (samples[at + (isGrey ? 0 : c)] ?? 0) / highest;
      rgb[pixel * 3 + c] = hasAlpha ? light * alpha + (1 - alpha) : light;
    }
  }
  return rgb;
}
