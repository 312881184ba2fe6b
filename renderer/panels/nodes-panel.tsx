import { Boxes } from 'lucide-react';
import { useMemo, useState } from 'react';
import { nodeGroups } from '../../nodes/core/node.ts';
import { addNodeInView } from '../editor/commands/node-commands.ts';
import { groupInk } from '../editor/flow/node-rows.ts';
import { matching } from '../editor/search-nodes.ts';
import { useText } from '../i18n/index.ts';
import { useNodeText } from '../i18n/node-text.ts';
import { useAddable } from '../state/catalogue-store.ts';
import { TextField } from '../ui/text-field.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import type { Panel } from './panel.ts';

/** What a node dragged out of the list carries to the canvas. */
export const NODE_TYPE_MIME = 'application/x-kronode-node-type';

/** Every kind of node by group; click or drag puts one on the canvas. */
function NodesPanel() {
  const t = useText();
  const names = useNodeText();
  const nodes = useAddable();
  const [query, setQuery] = useState('');
  const found = useMemo(() => matching(nodes, query, names), [nodes, query, names]);
  return (
    <div className="flex flex-col gap-1 p-2">
      <TextField
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        placeholder={t('nodes.search')}
        aria-label={t('nodes.search')}
      />
      {nodeGroups.map((group) => {
        const members = found.filter((node) => node.group === group);
        if (members.length === 0) return null;
        return (
          <section key={group} aria-label={names.group(group)}>
            <h3 className="px-1 pt-2 pb-1 text-label text-faint">{names.group(group)}</h3>
            {members.map((node) => (
              <Tooltip key={node.type} text={names.doc(node)} side="right">
                <button
                  type="button"
                  draggable
                  className="flex h-7 w-full items-center gap-2 rounded-chip px-1 text-left hover:bg-control-hover"
                  onClick={() => addNodeInView(node.type)}
                  onDragStart={(event) => {
                    event.dataTransfer.setData(NODE_TYPE_MIME, node.type);
                    event.dataTransfer.effectAllowed = 'copy';
                  }}
                >
                  <i className="h-3.5 w-[3px] rounded-sm" style={{ background: groupInk[node.group] }} />
                  <span className="truncate">{names.title(node)}</span>
                </button>
              </Tooltip>
            ))}
          </section>
        );
      })}
      {found.length === 0 && <p className="p-2 text-dim">{t('search.none')}</p>}
    </div>
  );
}

export const nodesPanel: Panel = {
  id: 'nodes',
  side: 'left',
  title: 'panel.nodes',
  icon: Boxes,
  command: 'view.nodes',
  content: NodesPanel,
};
