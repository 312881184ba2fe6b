import { describe, expect, test } from 'vitest';
import { acceleratorOf } from '../../../electron/main/accelerator.ts';
import { commands } from '../../../renderer/editor/commands/index.ts';

describe('keys in a native menu', () => {
  test('are written in Electron’s words', () => {
    expect(acceleratorOf('Mod+Shift+K')).toBe('CommandOrControl+Shift+K');
    expect(acceleratorOf('Alt+ArrowRight')).toBe('Alt+Right');
    expect(acceleratorOf('Mod+Plus')).toBe('CommandOrControl+Plus');
  });

  test('that Electron could not read are left out', () => {
    for (const keys of ['', 'Mod+', 'Mod+ß', 'Dead', 'Mod+Unidentified', 'Hyper+K', 'Mod+K+'])
      expect(acceleratorOf(keys), keys).toBeUndefined();
  });

  test.runIf(process.platform !== 'darwin')('are known for every command', () => {
    for (const { id, keys = [] } of commands)
      for (const combination of keys) expect(acceleratorOf(combination), id).toBeDefined();
  });
});
