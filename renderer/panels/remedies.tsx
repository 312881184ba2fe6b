import { text, useText } from '../i18n/index.ts';
import { type FileUse, replaceFile } from '../models/document-files.ts';
import { useListed } from '../models/missing-files.ts';
import { catalogue } from '../state/catalogue-store.ts';
import { showOverlay } from '../state/overlay-store.ts';
import { activeTab } from '../state/workspace.ts';
import { Button } from '../ui/button.tsx';
import { Menu, type MenuEntry } from '../ui/menu.tsx';

/** A file that is there in the place of one that is not. */
export function ChooseFile({ use }: { readonly use: FileUse }) {
  const t = useText();
  const files = useListed([use.kind])[use.kind] ?? [];
  const choose = (to: string) => {
    const { store } = activeTab();
    const { nodes } =
      use.definition === undefined
        ? store.document
        : (store.document.definitions?.[use.definition] ?? store.document);
    const declared = catalogue().get(nodes[use.node]?.type ?? '')?.inputs[use.input];
    store.editDocument(t('models.chosen', { name: to }), (draft) => replaceFile(draft, use, declared, to));
  };
  const entries = (): MenuEntry[] =>
    files.length === 0
      ? [
          {
            id: 'folders',
            label: t('problems.no-files'),
            onSelect: () => showOverlay({ kind: 'settings', section: 'folders' }),
          },
        ]
      : files.map(({ name }) => ({ id: name, label: name, onSelect: () => choose(name) }));
  return (
    <Menu entries={entries}>
      <Button>{t('problems.choose-file')}</Button>
    </Menu>
  );
}

/** Takes a node nobody knows out of the document. */
export function RemoveNode({ node }: { readonly node: string }) {
  const t = useText();
  return (
    <Button
      onClick={() =>
        activeTab().store.editDocument(text('problems.remove-node'), (draft) => {
          delete draft.nodes[node];
          for (const [id, { from, to }] of Object.entries(draft.wires))
            if (from[0] === node || to[0] === node) delete draft.wires[id];
        })
      }
    >
      {t('problems.remove-node')}
    </Button>
  );
}
