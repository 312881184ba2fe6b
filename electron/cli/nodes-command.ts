import { declarationOf } from '../../nodes/core/catalogue.ts';
import { isWidget, wireTypeOf } from '../../nodes/core/inputs.ts';
import { nodeGroups } from '../../nodes/core/node.ts';
import { sockets } from '../../nodes/core/sockets.ts';
import { library } from '../../nodes/library/index.ts';
import { EXIT } from './usage.ts';

/** `kronode nodes`: the catalogue, for people or as JSON. */
export function nodesCommand(args: readonly string[]): number {
  const definitions = [...library.values()];
  if (args.includes('--json')) {
    process.stdout.write(`${JSON.stringify(definitions.map(declarationOf), null, 2)}\n`);
    return EXIT.done;
  }
  for (const group of nodeGroups) {
    const members = definitions.filter((definition) => definition.group === group);
    if (members.length === 0) continue;
    process.stdout.write(`\n${group}\n`);
    for (const { type, title, doc, inputs, outputs } of members) {
      process.stdout.write(`\n  ${title}  (${type})\n    ${doc}\n`);
      for (const [name, input] of Object.entries(inputs)) {
        const wire = isWidget(input) ? wireTypeOf(input) : input.kind === 'socket' ? input.type : undefined;
        const kind = isWidget(input)
          ? input.kind
          : wire
            ? sockets[wire].label
            : `any (${'variable' in input ? input.variable : ''})`;
        const preset = isWidget(input)
          ? ` = ${JSON.stringify(input.default)}`
          : input.optional
            ? ', optional'
            : '';
        process.stdout.write(`      ${name}: ${kind}${preset}${input.doc ? `  ${input.doc}` : ''}\n`);
      }
      for (const [name, out] of Object.entries(outputs))
        process.stdout.write(
          `      → ${name}: ${out.kind === 'socket' ? sockets[out.type].label : `any (${out.variable})`}\n`,
        );
    }
  }
  return EXIT.done;
}
