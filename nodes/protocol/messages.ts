import { z } from 'zod';

const zId = z.number().int().min(0);

const zWireError = z.object({
  /** `user`: a sentence for the person who asked; the others say that a program is at fault. */
  code: z.enum(['user', 'defect', 'unknown-call', 'bad-input']),
  message: z.string(),
  hint: z.string().optional(),
});

/** Everything that may lie on the line. The first message of a client is `hello`. */
export const zMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), protocol: z.number() }),
  z.object({ kind: z.literal('refused'), message: z.string(), hint: z.string() }),
  z.object({ kind: z.literal('call'), id: zId, name: z.string(), input: z.unknown().optional() }),
  z.object({ kind: z.literal('result'), id: zId, output: z.unknown().optional() }),
  z.object({ kind: z.literal('error'), id: zId, error: zWireError }),
  /** `receipt`: the next event of this name waits until this one was received. */
  z.object({
    kind: z.literal('event'),
    name: z.string(),
    payload: z.unknown().optional(),
    receipt: zId.optional(),
  }),
  z.object({ kind: z.literal('received'), receipt: zId }),
]);

export type Message = z.input<typeof zMessage>;
export type WireError = z.output<typeof zWireError>;
