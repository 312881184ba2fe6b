import { ChevronDown, Play, Repeat, Square } from 'lucide-react';
import { runCommand } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { entriesOf } from '../editor/flow/menus.tsx';
import { inRange, typedNumber } from '../editor/widgets/number-text.ts';
import { useTyped } from '../editor/widgets/use-typed.ts';
import { useText } from '../i18n/index.ts';
import { LiveToggle } from '../live/live-toggle.tsx';
import { useRuntime } from '../state/runtime-store.ts';
import { setUi, useUi } from '../state/ui-store.ts';
import { cn } from '../ui/class-names.ts';
import { Menu } from '../ui/menu.tsx';
import { Tooltip } from '../ui/tooltip.tsx';

const MAX_BATCH = 100;

/** Run, how often, interrupt: always at the same place. */
export function RunControl() {
  const t = useText();
  const keys = useBindings();
  const batch = useUi((state) => state.batchCount);
  const auto = useUi((state) => state.autoRun);
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  const running = useRuntime(({ queue }) => queue.some(({ state }) => state === 'running'));
  const waiting = useRuntime(({ queue }) => queue.filter(({ state }) => state === 'pending').length);
  const typing = useTyped(String(batch), (text) => {
    const count = typedNumber(text);
    if (count !== undefined) setUi({ batchCount: inRange(Math.round(count), { min: 1, max: MAX_BATCH }) });
  });
  return (
    <div className="absolute right-4 bottom-4 z-20 flex h-9 items-stretch overflow-hidden rounded-node border border-line bg-raised shadow-raised">
      <Tooltip text={t('cmd.run.start')} keys={keys('run.start')[0]} side="top">
        <button
          type="button"
          disabled={!connected}
          className="flex items-center gap-2 bg-accent px-4 font-semibold whitespace-nowrap text-on-accent hover:brightness-110 disabled:opacity-50"
          onClick={() => runCommand('run.start')}
        >
          <Play size={14} fill="currentColor" />
          {t('run.start')}
        </button>
      </Tooltip>
      <label className="flex items-center gap-0.5 border-r border-line pl-2.5 text-dim">
        ×
        <input
          type="number"
          aria-label={t('run.count')}
          min={1}
          max={MAX_BATCH}
          value={typing.shown}
          {...typing.field}
          className="h-full w-9 bg-transparent [-moz-appearance:textfield] [&::-webkit-inner-spin-button]:appearance-none"
        />
      </label>
      <LiveToggle />
      <Tooltip text={t('run.auto')} side="top">
        <button
          type="button"
          aria-label={t('run.auto')}
          aria-pressed={auto}
          className={cn(
            'grid w-9 place-items-center text-dim hover:bg-control-hover hover:text-text',
            auto && 'text-accent',
          )}
          onClick={() => runCommand('run.auto')}
        >
          <Repeat size={14} />
        </button>
      </Tooltip>
      <Tooltip text={t('run.interrupt')} keys={keys('run.interrupt')[0]} side="top">
        <button
          type="button"
          aria-label={t('run.interrupt')}
          disabled={!running}
          className="grid w-9 place-items-center border-l border-line text-bad hover:bg-control-hover disabled:text-faint disabled:opacity-60"
          onClick={() => runCommand('run.interrupt')}
        >
          <Square size={12} fill="currentColor" />
        </button>
      </Tooltip>
      <Menu
        align="end"
        entries={() => entriesOf('run.front', 'run.to-selection', 'run.auto', '-', 'run.cancel-all')}
      >
        <button
          type="button"
          aria-label={t('run.more')}
          className="grid w-7 place-items-center border-l border-line text-faint hover:bg-control-hover hover:text-text"
        >
          <ChevronDown size={13} />
        </button>
      </Menu>
      {waiting > 0 && (
        <span className="flex items-center border-l border-line px-2.5 text-label text-dim">
          {t('run.waiting', { count: waiting })}
        </span>
      )}
    </div>
  );
}
