/** Fixed values between −size and size without a period, for checks of what a device computes. */
export const fixedValues = (count: number, salt: number, size = 1): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => size * Math.sin(salt + i * i * 0.37 + i * 0.11));
