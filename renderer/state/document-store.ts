import { type Draft, produce } from 'immer';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { checkNesting } from '../../nodes/document/nesting.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { withoutUnusedDefinitions } from '../../nodes/graph/definitions.ts';
import { definitionAt, graphInside, withGraphInside } from '../../nodes/graph/graph-view.ts';
import type { ItemKey } from './item-key.ts';

export type Selection = ReadonlySet<ItemKey>;
const nothingSelected: Selection = new Set();

/**
 * One thing a person did, as undo knows it. Documents are immutable and share what an edit did not
 * touch, so keeping the states themselves costs what keeping their differences would, and going back
 * gives the very same document.
 */
export interface Step {
  /** Shown in the history panel, in the language it was done in. */
  readonly label: string;
  readonly from: Document;
  readonly to: Document;
  /** The graph it was done in. */
  readonly path: readonly string[];
  readonly before: Selection;
  readonly after: Selection;
  /** Edits that carry the same key one after another are one step. */
  readonly merge: string | undefined;
}

/** Everything about one open document; what is saved is `document`, all else is this session's. */
export interface DocumentState {
  readonly document: Document;
  /** The way through instances of subgraphs to the graph on the canvas; empty for the document itself. */
  readonly path: readonly string[];
  /** The graph on the canvas, as a document of its own. */
  readonly graph: Document;
  readonly selection: Selection;
  readonly past: readonly Step[];
  readonly future: readonly Step[];
  /** The state that lies on disk; a document is dirty when it is another one. */
  readonly saved: Document;
}

export interface EditOptions {
  /** A gesture's own key: a burst of typing or the steps of a drag become one step. */
  readonly merge?: string;
  /** What is selected afterwards. */
  readonly select?: (document: Document) => Iterable<ItemKey>;
}

/** A place in the history to squash to or go back to. */
export type Mark = { readonly length: number; readonly top: Step | undefined };

/** Steps kept; older ones can no longer be undone. */
export const HISTORY_LIMIT = 200;

/**
 * A document and its history, and which of its graphs is on the canvas. Every change goes through
 * `edit`; documents are immutable and share what an edit did not touch.
 */
export class DocumentStore {
  readonly state: StoreApi<DocumentState>;
  /** The newest step when a mark was set: later edits do not merge into it. */
  #sealed: Step | undefined;

  constructor(document: Document) {
    this.state = createStore<DocumentState>(() => ({
      ...shown(document, []),
      selection: nothingSelected,
      past: [],
      future: [],
      saved: document,
    }));
  }

  get document(): Document {
    return this.state.getState().document;
  }

  /** What is on the canvas: the document itself, or the inside of a subgraph. */
  get graph(): Document {
    return this.state.getState().graph;
  }

  get path(): readonly string[] {
    return this.state.getState().path;
  }

  /** The definition whose inside is on the canvas. */
  get definition(): string | undefined {
    const { document, path } = this.state.getState();
    return definitionAt(document, path);
  }

  get selection(): Selection {
    return this.state.getState().selection;
  }

  /**
   * Changes the graph on the canvas as one undoable step; an edit that changes nothing leaves no step.
   * @throws UserError, with nothing changed, when a subgraph would contain itself or unfold to too much.
   */
  edit(label: string, recipe: (draft: Draft<Document>) => void, options: EditOptions = {}): void {
    const { document, graph } = this.state.getState();
    const { definition } = this;
    const changed = produce(graph, (draft) => {
      recipe(draft);
    });
    this.#apply(
      label,
      definition === undefined ? changed : withGraphInside(document, definition, changed),
      options,
    );
  }

  /** As {@link edit}, but with the whole document, whatever is on the canvas: for what concerns several graphs. */
  editDocument(label: string, recipe: (draft: Draft<Document>) => void, options: EditOptions = {}): void {
    const changed = produce(this.document, (draft) => {
      recipe(draft);
    });
    this.#apply(label, changed, options);
  }

  #apply(label: string, changed: Document, { merge, select }: EditOptions): void {
    const { document, path, selection, past } = this.state.getState();
    const next = withoutUnusedDefinitions(changed);
    if (next.definitions) checkNesting(next);
    const view = shown(next, path);
    const after = existing(view.graph, select ? select(view.graph) : selection);
    if (next === document) {
      if (select) this.select(after);
      return;
    }
    const last = past.at(-1);
    const own: Step = { label, from: document, to: next, path, before: selection, after, merge };
    const merged =
      last &&
      merge !== undefined &&
      last.merge === merge &&
      last !== this.#sealed &&
      samePath(last.path, path);
    const step = merged ? joined([last, own], last.label, merge) : own;
    const kept = merged ? past.slice(0, -1) : past;
    this.state.setState({
      ...view,
      selection: after,
      past: [...kept, step].slice(-HISTORY_LIMIT),
      future: [],
    });
  }

  select(keys: Iterable<ItemKey>): void {
    const { graph, selection } = this.state.getState();
    const next = existing(graph, keys);
    if (next.size === selection.size && [...next].every((key) => selection.has(key))) return;
    this.state.setState({ selection: next });
  }

  /** Shows another graph of the document; as much of the way as there is. */
  show(path: readonly string[], select: Iterable<ItemKey> = []): void {
    const { document, path: before } = this.state.getState();
    const view = shown(document, path);
    if (samePath(view.path, before)) this.select(select);
    else this.state.setState({ ...view, selection: existing(view.graph, select) });
  }

  undo(): void {
    const { past, future } = this.state.getState();
    const step = past.at(-1);
    if (!step) return;
    this.state.setState({
      ...shown(step.from, step.path),
      selection: step.before,
      past: past.slice(0, -1),
      future: [step, ...future],
    });
  }

  redo(): void {
    const { past, future } = this.state.getState();
    const [step, ...rest] = future;
    if (!step) return;
    this.state.setState({
      ...shown(step.to, step.path),
      selection: step.after,
      past: [...past, step],
      future: rest,
    });
  }

  /** Goes to the state after `count` steps of the whole history, done and undone. */
  goTo(count: number): void {
    while (this.state.getState().past.length > count) this.undo();
    while (this.state.getState().past.length < count && this.state.getState().future.length > 0) this.redo();
  }

  /** Remembers where the history stands, before a gesture of several edits. */
  mark(): Mark {
    const { past } = this.state.getState();
    this.#sealed = past.at(-1);
    return { length: past.length, top: this.#sealed };
  }

  /** Makes one step of everything since the mark. */
  squashTo(mark: Mark, label: string): void {
    const { past } = this.state.getState();
    const from = startOf(past, mark);
    const steps = past.slice(from);
    if (steps.length === 0) return;
    this.state.setState({ past: [...past.slice(0, from), joined(steps, label, undefined)] });
  }

  /** Takes back everything since the mark, leaving nothing to redo: a gesture that was given up. */
  bailTo(mark: Mark): void {
    const from = startOf(this.state.getState().past, mark);
    while (this.state.getState().past.length > from) this.undo();
    this.state.setState({ future: [] });
  }

  /** Tells that the present state, or the given one, lies on disk. */
  markSaved(document: Document = this.document): void {
    this.state.setState({ saved: document });
  }
}

export const isDirty = ({ document, saved }: DocumentState): boolean => document !== saved;

/** Where the steps after a mark begin, also when old ones fell off the far end. */
function startOf(past: readonly Step[], { length, top }: Mark): number {
  if (!top) return past.length > HISTORY_LIMIT - 1 ? 0 : Math.min(length, past.length);
  const at = past.lastIndexOf(top);
  return at >= 0 ? at + 1 : Math.min(length, past.length);
}

/** Several steps, at least one, as one. */
function joined(steps: readonly Step[], label: string, merge: string | undefined): Step {
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) throw new RangeError('There is nothing to join.');
  const { from, path, before } = first;
  return { label, from, to: last.to, path, before, after: last.after, merge };
}

const samePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((step, i) => step === b[i]);

/** A document with as much of a way into it as there is. */
function shown(
  document: Document,
  path: readonly string[],
): Pick<DocumentState, 'document' | 'path' | 'graph'> {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const definition = definitionAt(document, part);
    const graph = definition === undefined ? undefined : graphInside(document, definition);
    if (graph) return { document, path: length === path.length ? path : part, graph };
  }
  return { document, path: path.length === 0 ? path : [], graph: document };
}

const sections = { node: 'nodes', frame: 'frames', note: 'notes', wire: 'wires' } as const;

/** The keys of things that are there. */
function existing(graph: Document, keys: Iterable<ItemKey>): Selection {
  const kept = new Set<ItemKey>();
  for (const key of keys) {
    const at = key.indexOf(':');
    const section = graph[sections[key.slice(0, at) as keyof typeof sections]];
    if (section && Object.hasOwn(section, key.slice(at + 1))) kept.add(key);
  }
  return kept;
}
