/** Sizes as people read them: `12.3 GB`, `160 MB`, `4 kB`. */
export const byteSize = (bytes: number): string =>
  bytes >= 2 ** 30
    ? `${(bytes / 2 ** 30).toFixed(1)} GB`
    : bytes >= 2 ** 20
      ? `${Math.round(bytes / 2 ** 20)} MB`
      : `${Math.ceil(bytes / 1024)} kB`;
