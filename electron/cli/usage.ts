import { UserError } from '../../nodes/core/errors.ts';
import { providedParts, providerChoices } from '../../nodes/core/providers.ts';

/** Exit codes of the command line. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Bad arguments or a document that cannot be used: exit code 2. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage
  kronode run <workflow.json | picture.png> [options]   run a workflow, or the one inside a picture
  kronode inspect <file | folder> [options]             say what a model, adapter, workflow or picture holds, and
                                                        what the models of a folder lack
  kronode nodes [--json]                                list every node there is
  kronode weights [--clear]                             what converted weights take on disk; --clear removes them
  kronode serve [options]                               open the editor in the browser, from this machine only

Options of run
  --set node.input=value   change a value; may be repeated. node is an id, a title or a type
  --only node              compute just this node and what it needs; may be repeated
  --out DIR                where pictures go (default: out)
  --models DIR             one more folder with models; may be repeated
  --input DIR              one more folder with pictures to load; may be repeated
  --provider NAME          ${providerChoices.join(', ')} (default: auto);
                           PART=NAME for ${providedParts.join(', ')} alone; may be repeated
  --json                   one JSON result on standard output, nothing else

Options of inspect
  --model NAME             lay an adapter against this model: what fits, and how much each layer changes
  --models DIR             one more folder with models; may be repeated
  --json                   the same as JSON

Options of serve
  --port N                 where to listen on 127.0.0.1 (default: 7777, or the next free one)
  --no-open                only print the address
  --out DIR, --models DIR  as above

Exit codes: 0 done, 1 the run failed, 2 bad arguments or workflow, 130 stopped with Ctrl+C.
`;
