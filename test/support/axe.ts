import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const run = (rules: object, exclude: readonly string[] = []): string =>
  `axe.run({ exclude: ${JSON.stringify(exclude.map((part) => [part]))} }, {
    resultTypes: ['violations'],
    ...${JSON.stringify(rules)},
  })`;

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe-core finds wrong with a page, a line for each element: rule, why, where. */
export async function violationsOf(page: Page): Promise<string[]> {
  // By the debugger, which the page's own rules about scripts do not bind.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(source);
  const everything = run({
    runOnly: tags,
    rules: {
      'target-size': { enabled: false },
      // Menus and tips are drawn at the end of the page, outside of what they belong to.
      region: { enabled: false },
    },
  });
  // On the canvas a person chooses how large things are.
  const sizes = run({ runOnly: { type: 'rule', values: ['target-size'] } }, ['.react-flow__viewport']);
  const results = [
    (await page.evaluate(everything)) as AxeResults,
    (await page.evaluate(sizes)) as AxeResults,
  ];
  return results
    .flatMap(({ violations }) => violations)
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => {
        const [, why = ''] = failureSummary.split('\n');
        return `${id}: ${why.trim()} (${target.join(' ')})`;
      }),
    );
}
