import { useEffect, useMemo } from 'react';
import type { FileKind } from '../../nodes/core/inputs.ts';
import { listFiles, useFileLists } from '../engine-client/file-lists.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { useActiveDocument } from '../state/workspace.ts';
import { type FileUse, fileUses } from './document-files.ts';

/** The lists of files there are, with the kinds asked for listed anew at every connection. */
export function useListed(kinds: readonly FileKind[]) {
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  const wanted = [...new Set(kinds)].sort().join(' ');
  useEffect(() => {
    if (connected && wanted !== '') for (const kind of wanted.split(' ')) void listFiles(kind as FileKind);
  }, [connected, wanted]);
  return useFileLists();
}

/** What the document in front names that is in no folder Kronode knows. */
export function useMissingFiles(): readonly FileUse[] {
  const document = useActiveDocument((state) => state.document);
  const catalogue = useCatalogue();
  const uses = useMemo(() => fileUses(document, catalogue), [document, catalogue]);
  const lists = useListed(uses.map(({ kind }) => kind));
  return useMemo(
    () =>
      uses.filter(
        ({ kind, name }) => name !== '' && lists[kind] && !lists[kind].some((file) => file.name === name),
      ),
    [uses, lists],
  );
}
