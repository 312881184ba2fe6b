import { CircleHelp } from 'lucide-react';
import { isWidget, type NodeInput } from '../../nodes/core/inputs.ts';
import type { NodeDeclaration } from '../../nodes/core/node.ts';
import { sockets } from '../../nodes/core/sockets.ts';
import { PATH_SEPARATOR } from '../../nodes/graph/flatten.ts';
import { groupInk } from '../editor/flow/node-rows.ts';
import { inkOf } from '../editor/flow/socket.tsx';
import { useEngineText } from '../i18n/engine-text.ts';
import { type Translate, useText } from '../i18n/index.ts';
import { type NodeText, useNodeText } from '../i18n/node-text.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { idsOf } from '../state/item-key.ts';
import { useTabRuntime } from '../state/runtime-store.ts';
import { useActiveDocument, useActiveTab } from '../state/workspace.ts';
import type { Panel } from './panel.ts';

/** What the selected node does, from its own declaration. */
function HelpPanel() {
  const t = useText();
  const engine = useEngineText();
  const names = useNodeText();
  const tab = useActiveTab();
  const catalogue = useCatalogue();
  const id = useActiveDocument(({ selection }) => idsOf(selection, 'node').at(-1));
  const node = useActiveDocument(({ graph }) => (id === undefined ? undefined : graph.nodes[id]));
  const path = useActiveDocument((state) => state.path);
  const run = useTabRuntime(tab.id, ({ nodes }) =>
    id === undefined ? undefined : nodes[[...path, id].join(PATH_SEPARATOR)],
  );
  const declaration = node && catalogue.get(node.type);
  if (!declaration)
    return <p className="p-4 text-dim">{node ? t('node.unknown', { type: node.type }) : t('help.empty')}</p>;
  const outputs = Object.entries(declaration.outputs);
  return (
    <article className="flex flex-col gap-4 p-4 select-text">
      <header>
        <h3 className="text-[15px] leading-5 font-semibold">{names.title(declaration)}</h3>
        <p className="mt-0.5 flex items-center gap-1.5 text-label text-faint">
          <i className="h-2.5 w-[3px] rounded-sm" style={{ background: groupInk[declaration.group] }} />
          {names.group(declaration.group)} · {declaration.type}
        </p>
      </header>
      <p className="leading-[19px] text-dim">{names.doc(declaration)}</p>
      <section>
        <h4 className="mb-2 text-label text-faint">{t('help.inputs')}</h4>
        <dl className="flex flex-col gap-2.5">
          {Object.entries(declaration.inputs).map(([name, input]) => (
            <div key={name}>
              <dt className="flex items-baseline gap-2">
                <span className="font-semibold">{names.field(declaration, name)}</span>
                <span className="text-label text-faint">{summary(input, t, names)}</span>
              </dt>
              {names.doc(declaration, name) && <dd className="text-dim">{names.doc(declaration, name)}</dd>}
            </div>
          ))}
        </dl>
      </section>
      {outputs.length > 0 && (
        <section>
          <h4 className="mb-2 text-label text-faint">{t('help.outputs')}</h4>
          <dl className="flex flex-col gap-2.5">
            {outputs.map(([name, output]) => (
              <div key={name}>
                <dt className="flex items-baseline gap-2">
                  <i
                    className="size-2 self-center rounded-full"
                    style={{ background: inkOf(output.kind === 'socket' ? output.type : undefined) }}
                  />
                  <span className="font-semibold">{names.field(declaration, name)}</span>
                  {output.kind === 'socket' && (
                    <span className="text-label text-faint">{names.socket(sockets[output.type].label)}</span>
                  )}
                </dt>
                {run?.outputs?.[name] && <dd className="break-words text-dim">{run.outputs[name]}</dd>}
              </div>
            ))}
          </dl>
        </section>
      )}
      {run?.notices && run.notices.length > 0 && (
        <section>
          <h4 className="mb-1 text-label text-faint">{t('help.results')}</h4>
          {run.notices.map((notice) => (
            <p key={notice} className="text-dim">
              {engine(notice)}
            </p>
          ))}
        </section>
      )}
      <Keywords declaration={declaration} />
    </article>
  );
}

function Keywords({ declaration: { keywords = [] } }: { readonly declaration: NodeDeclaration }) {
  const t = useText();
  if (keywords.length === 0) return null;
  return (
    <p className="text-label text-faint">
      {t('help.also')}: {keywords.join(', ')}
    </p>
  );
}

/** Range and default of a value, or whether a wire is needed. */
function summary(input: NodeInput, t: Translate, names: NodeText): string {
  if (!isWidget(input))
    return [
      input.kind === 'socket' && names.socket(sockets[input.type].label),
      t(input.optional ? 'help.optional' : 'help.required'),
    ]
      .filter(Boolean)
      .join(', ');
  const isNumber = input.kind === 'int' || input.kind === 'float';
  if (input.kind === 'list') return t('help.rows', { count: input.maxItems });
  const value = Array.isArray(input.default) ? input.default.join(' ') : String(input.default);
  return [
    isNumber && t('help.range', { min: input.min, max: input.max, step: input.step }),
    value !== '' && t('help.default', { value }),
  ]
    .filter(Boolean)
    .join(', ');
}

export const helpPanel: Panel = {
  id: 'help',
  side: 'right',
  title: 'panel.help',
  icon: CircleHelp,
  command: 'view.help',
  content: HelpPanel,
};
