import { History } from 'lucide-react';
import { useText } from '../i18n/index.ts';
import { useActiveDocument, useActiveTab } from '../state/workspace.ts';
import { cn } from '../ui/class-names.ts';
import type { Panel } from './panel.ts';

/** Every step that was done or undone; a click goes there. */
function HistoryPanel() {
  const t = useText();
  const { store } = useActiveTab();
  const past = useActiveDocument((state) => state.past);
  const future = useActiveDocument((state) => state.future);
  const steps = [{ label: t('history.start') }, ...past, ...future];
  return (
    <ol className="flex flex-col p-2">
      {steps.map(({ label }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place
        <li key={index}>
          <button
            type="button"
            aria-current={index === past.length ? 'step' : undefined}
            className={cn(
              'flex h-7 w-full items-center gap-2 rounded-chip px-2 text-left hover:bg-control-hover',
              index === past.length && 'bg-control font-semibold',
              index > past.length && 'text-faint',
            )}
            onClick={() => store.goTo(index)}
          >
            <i className={cn('size-1.5 rounded-full bg-line-strong', index === past.length && 'bg-accent')} />
            <span className="truncate">{label}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

export const historyPanel: Panel = {
  id: 'history',
  side: 'left',
  title: 'panel.history',
  icon: History,
  command: 'view.history',
  content: HistoryPanel,
};
