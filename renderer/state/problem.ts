import type { CallOutput } from '../../nodes/protocol/contract.ts';

/** Something a person should know about a document, as the engine tells it. */
export type Problem = CallOutput<'document/open'>['problems'][number];
