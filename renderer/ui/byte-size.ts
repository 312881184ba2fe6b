/** Sizes as people read them, in powers of ten as the engine says them: `12.3 GB`, `160 MB`, `4 kB`. */
export const byteSize = (bytes: number): string =>
  bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(1)} GB`
    : bytes >= 1e6
      ? `${Math.round(bytes / 1e6)} MB`
      : `${Math.ceil(bytes / 1e3)} kB`;
