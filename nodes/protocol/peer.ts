import type { z } from 'zod';

/** Calls and events two programs agreed on. Each value is parsed by the side that receives it. */
export interface Contract {
  /** Programs with different versions do not talk. */
  readonly version: number;
  readonly calls: Readonly<Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>>;
  readonly events: Readonly<Record<string, z.ZodType>>;
  /**
   * Events of which only the newest with the same key matters. One at a time is under way to a
   * client; what is overtaken while waiting is never sent.
   */
  readonly latest?: Readonly<Record<string, (payload: never) => string>>;
}

export type NameOfCall<C extends Contract> = keyof C['calls'] & string;
export type NameOfEvent<C extends Contract> = keyof C['events'] & string;
export type InputOf<C extends Contract, N extends NameOfCall<C>> = z.input<C['calls'][N]['input']>;
export type OutputOf<C extends Contract, N extends NameOfCall<C>> = z.output<C['calls'][N]['output']>;
export type PayloadOf<C extends Contract, N extends NameOfEvent<C>> = z.output<C['events'][N]>;

/** How the serving side answers each call. UserErrors reach the caller; anything else counts as a defect. */
export type Handlers<C extends Contract> = {
  readonly [N in NameOfCall<C>]: (
    input: z.output<C['calls'][N]['input']>,
  ) => Promise<z.input<C['calls'][N]['output']>> | z.input<C['calls'][N]['output']>;
};

/** The asking side of a contract. */
export interface Client<C extends Contract> {
  /**
   * @throws RemoteError with what the other side had to say, or ConnectionLost.
   */
  call<N extends NameOfCall<C>>(
    name: N,
    ...input: undefined extends InputOf<C, N> ? [] : [InputOf<C, N>]
  ): Promise<OutputOf<C, N>>;
  /** Hears an event from now on; the result stops that. */
  on<N extends NameOfEvent<C>>(name: N, listener: (payload: PayloadOf<C, N>) => void): () => void;
  close(): void;
}

/** One client as the serving side sees it. */
export interface Connection<C extends Contract> {
  emit<N extends NameOfEvent<C>>(name: N, payload: PayloadOf<C, N>): void;
  close(): void;
}
