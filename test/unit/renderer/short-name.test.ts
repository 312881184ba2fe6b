import { expect, test } from 'vitest';
import { shortName } from '../../../renderer/models/short-name.ts';

test.each([
  ['nano', 'nano'],
  ['vae/ae.safetensors', 'ae.safetensors'],
  ['hub/models--Tongyi-MAI--Z-Image-Turbo/snapshots/04cc4abb', 'Z-Image-Turbo'],
  ['models--Tongyi-MAI--Z-Image-Turbo/snapshots/04cc4abb/vae', 'vae'],
])('%s is called %s', (name, short) => {
  expect(shortName(name)).toBe(short);
});
