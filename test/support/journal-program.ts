import { Journal } from '../../nodes/host/journal.ts';
import { buildDocument } from './build-document.ts';

/** Writes one version after the other into a journal, saying each number once it is safe. */
const [folder = '', first = '0'] = process.argv.slice(2);
const journal = new Journal(folder, (message) => {
  throw new Error(message);
});
const version = (n: number) =>
  buildDocument(
    Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`n${i}`, { type: 'values.number', title: `version ${n}` }]),
    ),
  );
for (let n = Number(first); ; n++) {
  await journal.write({ id: 'tab', title: String(n), document: version(n) });
  process.stdout.write(`${n}\n`);
}
