import { Activity } from 'lucide-react';
import { runCommand } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { useText } from '../i18n/index.ts';
import { useCatalogue } from '../state/catalogue-store.ts';
import { useUi } from '../state/ui-store.ts';
import { useActiveDocument } from '../state/workspace.ts';
import { cn } from '../ui/class-names.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { liveValuesOf } from './live-numbers.ts';

/** Switches whether pictures follow values that move; there while the document has such values. */
export function LiveToggle() {
  const t = useText();
  const keys = useBindings();
  const catalogue = useCatalogue();
  const live = useUi((state) => state.live);
  const hasLive = useActiveDocument(({ document }) => liveValuesOf(document, catalogue).length > 0);
  if (!hasLive) return null;
  return (
    <Tooltip text={t(live ? 'live.on' : 'live.off')} keys={keys('live.toggle')[0]} side="top">
      <button
        type="button"
        aria-label={t('cmd.live.toggle')}
        aria-pressed={live}
        className={cn(
          'flex items-center gap-1.5 border-r border-line px-2.5 hover:bg-control-hover hover:text-text',
          live ? 'text-accent' : 'text-dim',
        )}
        onClick={() => runCommand('live.toggle')}
      >
        <Activity size={14} />
        {t('live.name')}
      </button>
    </Tooltip>
  );
}
