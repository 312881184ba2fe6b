import type { Document } from '../document/schema.ts';
import type { Fact, Services } from './services.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
}

/** Something a run made for people to look at. */
export type Artifact =
  | {
      readonly kind: 'saved-picture';
      readonly path: string;
      readonly width: number;
      readonly height: number;
    }
  | {
      readonly kind: 'shown-picture';
      readonly png: Uint8Array;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: 'text'; readonly text: string }
  /** Values from 0 on, to be compared: how strongly an adapter changes each block. */
  | { readonly kind: 'bars'; readonly bars: readonly Bar[] };

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is counted: `step`, `tile`, `image`. */
  readonly unit: string;
  /** Time of the last one. */
  readonly milliseconds?: number;
  /** The picture so far; made only when somebody looks. */
  readonly preview?: () => Promise<Uint8Array>;
}

/** The cells of a node that declares a sweep. */
export interface SweepCells {
  readonly columns: readonly string[];
  /** Empty where there is one row without a name. */
  readonly rows: readonly string[];
  /** Row by row; each is computed when it is asked for, once. */
  readonly cells: readonly (() => Promise<{ readonly value: unknown; readonly facts: readonly Fact[] }>)[];
}

/** All a node can reach while it runs. */
export interface RunContext {
  readonly node: string;
  readonly signal: AbortSignal;
  readonly services: Services;
  progress(progress: Progress): void;
  /** Tells the person something about this run that is not an error. */
  notice(message: string): void;
  /** Notes what was really used; ends up in the pictures made from this node's outputs. */
  record(fact: Fact): void;
  /** @param facts what it was made with, where that is not all that the node was given */
  artifact(artifact: Artifact, facts?: readonly Fact[]): void;
  readonly sweep: SweepCells | undefined;
  /** What this node's inputs were made with, in order of making, without repetitions. */
  facts(): readonly Fact[];
  /** The workflow as it runs. */
  readonly document: Document;
}
