import { X } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import type { CommandId } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { useText } from '../i18n/index.ts';
import type { Panel } from '../panels/panel.ts';
import { panels } from '../panels/registry.ts';
import { setUi, togglePanel, useUi } from '../state/ui-store.ts';
import { IconButton } from '../ui/button.tsx';
import { cn } from '../ui/class-names.ts';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { followDrag } from '../ui/follow-drag.ts';

type Side = Panel['side'];

const LIMITS = { min: 200, max: 560 };

/** The icons at the left edge; those of right-hand panels are at the bottom. */
export function Rail() {
  const t = useText();
  return (
    <nav
      aria-label={t('app.panels')}
      className="flex w-10 shrink-0 flex-col items-center gap-1 border-r border-line bg-surface py-1.5"
    >
      {panels
        .filter(({ side }) => side === 'left')
        .map((panel) => (
          <RailButton key={panel.id} panel={panel} />
        ))}
      <span className="flex-1" />
      {panels
        .filter(({ side }) => side === 'right')
        .map((panel) => (
          <RailButton key={panel.id} panel={panel} />
        ))}
    </nav>
  );
}

const noBadge = () => 0;

function RailButton({ panel }: { readonly panel: Panel }) {
  const t = useText();
  const keys = useBindings();
  const open = useUi((state) => (panel.side === 'left' ? state.leftPanel : state.rightPanel) === panel.id);
  const useBadge = panel.useBadge ?? noBadge;
  const badge = useBadge();
  const Icon = panel.icon;
  return (
    <div className="relative">
      <IconButton
        label={t(panel.title)}
        keys={panel.command && keys(panel.command as CommandId)[0]}
        side="right"
        aria-pressed={open}
        className={cn(open && 'bg-control-hover text-text')}
        onClick={() => togglePanel(panel.side, panel.id)}
      >
        <Icon />
      </IconButton>
      {badge > 0 && (
        <span className="pointer-events-none absolute -top-0.5 -right-0.5 grid h-3.5 min-w-3.5 place-items-center rounded-full bg-bad px-1 text-[10px] leading-none font-semibold text-canvas">
          {badge > 9 ? '9+' : badge}
        </span>
      )}
    </div>
  );
}

/** The open panel of a side, resizable at its inner edge. */
export function SidePanel({ side }: { readonly side: Side }) {
  const t = useText();
  const id = useUi((state) => (side === 'left' ? state.leftPanel : state.rightPanel));
  const stored = useUi((state) => (side === 'left' ? state.leftWidth : state.rightWidth));
  const [dragged, setDragged] = useState<number | undefined>();
  const panel = panels.find((known) => known.side === side && known.id === id);
  if (!panel) return null;
  const width = dragged ?? stored;
  const keep = (next: number) => setUi(side === 'left' ? { leftWidth: next } : { rightWidth: next });
  const limited = (next: number) => Math.min(LIMITS.max, Math.max(LIMITS.min, Math.round(next)));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const start = event.clientX;
    let last = width;
    const move = ({ clientX }: { readonly clientX: number }) => {
      last = limited(width + (side === 'left' ? clientX - start : start - clientX));
      setDragged(last);
    };
    followDrag(event, event.currentTarget, move, () => {
      setDragged(undefined);
      keep(last);
    });
  };
  const step = (event: KeyboardEvent) => {
    const outward = side === 'left' ? 'ArrowRight' : 'ArrowLeft';
    const inward = side === 'left' ? 'ArrowLeft' : 'ArrowRight';
    if (event.key === outward) keep(limited(width + 16));
    if (event.key === inward) keep(limited(width - 16));
  };
  const Content = panel.content;
  return (
    <aside
      aria-label={t(panel.title)}
      className={cn(
        'relative flex shrink-0 flex-col bg-surface',
        side === 'left' ? 'border-r border-line' : 'border-l border-line',
      )}
      style={{ width }}
    >
      <header className="flex h-9 shrink-0 items-center justify-between border-b border-line pr-1 pl-3">
        <h2 className="font-semibold">{t(panel.title)}</h2>
        <IconButton label={t('ui.close')} onClick={() => togglePanel(side, panel.id)}>
          <X />
        </IconButton>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <ErrorBoundary key={panel.id}>
          <Content />
        </ErrorBoundary>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a separator that is dragged has no element of its own */}
      <div
        role="separator"
        tabIndex={0}
        aria-label={t('app.resize-panel')}
        aria-orientation="vertical"
        aria-valuenow={width}
        aria-valuemin={LIMITS.min}
        aria-valuemax={LIMITS.max}
        className={cn(
          'absolute inset-y-0 z-10 w-1.5 cursor-col-resize hover:bg-accent/40',
          side === 'left' ? '-right-1' : '-left-1',
        )}
        onPointerDown={drag}
        onKeyDown={step}
      />
    </aside>
  );
}
