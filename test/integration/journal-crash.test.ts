import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Journal } from '../../nodes/host/journal.ts';
import { buildPrograms } from '../support/build-programs.ts';
import { tempFolder } from '../support/temp-folder.ts';

let programs: Awaited<ReturnType<typeof buildPrograms<'writer'>>>;
beforeAll(async () => {
  programs = await buildPrograms({ writer: 'test/support/journal-program.ts' });
});
afterAll(() => programs.remove());

/** The numbers a writer says, the newest of which is `said.last`. */
async function listen(writer: ChildProcess) {
  const said = { last: -1 };
  const lines = createInterface({ input: writer.stdout! });
  const first = once(lines, 'line');
  lines.on('line', (line) => {
    said.last = Number(line);
  });
  await first;
  return said;
}

describe('the journal', () => {
  it('holds the last version that was safe, whole, whenever its program is killed', {
    timeout: 60_000,
  }, async () => {
    const folder = await tempFolder();
    const notices: string[] = [];
    let next = 0;
    for (let round = 0; round < 24; round++) {
      const writer = spawn(process.execPath, [programs.pathOf('writer'), folder, String(next)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const said = await listen(writer);
      // Any moment of a write may be hit; they take a few milliseconds each.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const entries = await new Journal(folder, (notice) => notices.push(notice)).list();
      expect(entries).toHaveLength(1);
      const { title, document } = entries[0]!;
      const kept = Number(title);
      expect(kept === said.last || kept === said.last + 1, `kept ${kept}, said ${said.last}`).toBe(true);
      const titles = new Set(Object.values(document.nodes).map((node) => node.title));
      expect(Object.keys(document.nodes)).toHaveLength(200);
      expect([...titles]).toEqual([`version ${kept}`]);
      next = kept + 1;
    }
    expect(notices).toEqual([]);
    expect(next).toBeGreaterThan(24);
  });
});
