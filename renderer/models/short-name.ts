/** A snapshot in a cache of Hugging Face: a hash is the last of its names, the repository's is further up. */
const SNAPSHOT = /(?:^|\/)models--[^/]*--([^/]+)\/snapshots\/[^/]+$/;

/** What a file is called where there is no room for the folders it lies in. */
export const shortName = (name: string): string => SNAPSHOT.exec(name)?.[1] ?? name.split('/').at(-1) ?? name;
