import { createStore, useStore } from 'zustand';
import type { FileKind } from '../../nodes/core/inputs.ts';
import type { CallOutput } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { tell } from './run-session.ts';

type FileList = CallOutput<'files/list'>;

const lists = createStore<Partial<Record<FileKind, FileList>>>(() => ({}));

/** The files of a kind as last listed; undefined until they were. */
export const useFiles = (kind: FileKind): FileList | undefined => useStore(lists, (state) => state[kind]);

/** As {@link useFiles}, once; empty until they were listed. */
export const listedFiles = (kind: FileKind): FileList => lists.getState()[kind] ?? [];

/** All lists there are, by kind. */
export const useFileLists = (): Partial<Record<FileKind, FileList>> => useStore(lists);

/** Lists anew what was listed before: the folders are others now. */
export function relistFiles(): void {
  for (const kind of Object.keys(lists.getState())) void listFiles(kind as FileKind);
}

const underWay = new Map<FileKind, Promise<void>>();

/** Lists the files of a kind anew. Several who ask at once share one answer. */
export function listFiles(kind: FileKind): Promise<void> {
  const pending = underWay.get(kind);
  if (pending) return pending;
  const listing = services()
    .session.engine.call('files/list', { kind })
    .then((files) => lists.setState({ [kind]: files }), tell)
    .finally(() => underWay.delete(kind));
  underWay.set(kind, listing);
  return listing;
}
