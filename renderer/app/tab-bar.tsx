import { Command, Plus, Settings, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { runCommand } from '../editor/commands/index.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { entriesOf } from '../editor/flow/menus.tsx';
import { requestClose } from '../files/documents.ts';
import { useText } from '../i18n/index.ts';
import { isDirty } from '../state/document-store.ts';
import { showOverlay } from '../state/overlay-store.ts';
import { useRuntime } from '../state/runtime-store.ts';
import { moveTab, openTab, showTab, type Tab, useWorkspace } from '../state/workspace.ts';
import { IconButton } from '../ui/button.tsx';
import { cn } from '../ui/class-names.ts';
import { KeyCaps } from '../ui/key-caps.tsx';
import { Menu } from '../ui/menu.tsx';

/** Menu, open workflows, search and what the engine runs on. */
export function TabBar() {
  const t = useText();
  const tabs = useWorkspace((state) => state.tabs);
  const active = useWorkspace((state) => state.active);
  const keys = useBindings();
  return (
    <header className="flex h-10 shrink-0 items-center gap-1 border-b border-line bg-surface px-1.5">
      <Menu
        entries={() =>
          entriesOf(
            'file.new',
            'file.open',
            'file.templates',
            'file.save',
            'file.save-as',
            '-',
            'edit.undo',
            'edit.redo',
            '-',
            'view.palette',
            'view.settings',
            'view.shortcuts',
            'view.theme',
            'view.language',
          )
        }
      >
        <IconButton label={t('app.menu')}>
          <Logo />
        </IconButton>
      </Menu>
      <div
        role="tablist"
        aria-label={t('tab.list')}
        className="flex h-full min-w-0 items-stretch overflow-x-auto [scrollbar-width:none]"
      >
        {tabs.map((tab, index) => (
          <TabButton key={tab.id} tab={tab} index={index} active={tab.id === active} />
        ))}
      </div>
      <IconButton label={t('tab.new')} keys={keys('file.new')[0]} onClick={() => openTab()}>
        <Plus />
      </IconButton>
      <span className="flex-1" />
      <button
        type="button"
        className="flex h-7 w-52 min-w-36 shrink items-center gap-2 overflow-hidden rounded-control border border-line bg-control px-2 text-faint hover:border-line-strong"
        onClick={() => runCommand('view.palette')}
      >
        <Command size={13} className="shrink-0" />
        <span className="truncate">{t('app.search')}</span>
        <KeyCaps keys={keys('view.palette')[0] ?? ''} />
      </button>
      <EngineChip />
      <IconButton
        label={t('cmd.view.settings').replace('…', '')}
        keys={keys('view.settings')[0]}
        onClick={() => runCommand('view.settings')}
      >
        <Settings />
      </IconButton>
    </header>
  );
}

function TabButton({
  tab,
  index,
  active,
}: {
  readonly tab: Tab;
  readonly index: number;
  readonly active: boolean;
}) {
  const t = useText();
  const dirty = useStore(tab.store.state, isDirty);
  const documentTitle = useStore(tab.store.state, ({ document }) => document.meta?.title);
  const title = tab.name ?? documentTitle ?? t('tab.untitled');
  const root = useRef<HTMLDivElement>(null);
  // With more tabs than fit, the one in front stays in sight.
  useEffect(() => {
    if (active) root.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [active]);
  return (
    <div
      ref={root}
      className={cn(
        'group relative flex max-w-56 min-w-28 items-center border-r border-line text-dim first:border-l',
        active && 'bg-canvas text-text',
      )}
      onDragOver={(event) => {
        const dragged = event.dataTransfer.types.find((type) => type.startsWith('kronode-tab/'))?.slice(12);
        if (!dragged) return;
        event.preventDefault();
        moveTab(dragged.replaceAll('.', '_'), index);
      }}
    >
      {active && <i className="absolute inset-x-0 top-0 h-0.5 bg-accent" />}
      <button
        type="button"
        role="tab"
        aria-selected={active}
        aria-label={dirty ? t('tab.unsaved', { name: title }) : title}
        draggable
        onDragStart={(event) => event.dataTransfer.setData(`kronode-tab/${tab.id.replaceAll('_', '.')}`, '')}
        className="flex h-full min-w-0 flex-1 items-center gap-2 pr-7 pl-3"
        onClick={() => showTab(tab.id)}
        onKeyDown={(event) => {
          if (event.key !== 'Delete') return;
          event.stopPropagation();
          requestClose(tab.id);
        }}
        onAuxClick={(event) => event.button === 1 && requestClose(tab.id)}
      >
        <span className="truncate">{title}</span>
      </button>
      {dirty && (
        <i className="pointer-events-none absolute right-3 size-1.5 rounded-full bg-accent group-hover:hidden" />
      )}
      {/* For the pointer alone: within a list of tabs there are only tabs, and Delete closes the one in focus. */}
      <button
        type="button"
        tabIndex={-1}
        aria-hidden
        title={t('tab.close', { name: title })}
        className={cn(
          'absolute right-1 grid size-6 place-items-center rounded-chip text-faint hover:bg-control-hover hover:text-text',
          dirty && 'opacity-0 group-hover:opacity-100',
        )}
        onClick={() => requestClose(tab.id)}
      >
        <X size={12} />
      </button>
    </div>
  );
}

/** Two nodes and a wire. */
const Logo = () => (
  <svg viewBox="0 0 16 16" fill="none" aria-hidden>
    <path d="M4.5 4.5C9 4.5 7 11.5 11.5 11.5" stroke="var(--k-accent)" strokeWidth="1.8" />
    <circle cx="3.5" cy="4.5" r="2.2" fill="currentColor" />
    <circle cx="12.5" cy="11.5" r="2.2" fill="var(--k-accent)" />
  </svg>
);

/** Which provider computes, and the memory it takes. */
function EngineChip() {
  const t = useText();
  const provider = useRuntime((state) => state.provider);
  const bytes = useRuntime((state) => state.memoryBytes);
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  if (!provider || !connected) return null;
  return (
    <button
      type="button"
      className="ml-1 h-7 rounded-control px-2 text-label whitespace-nowrap text-dim hover:bg-control-hover hover:text-text"
      title={t('app.engine')}
      onClick={() => showOverlay({ kind: 'settings', section: 'device' })}
    >
      {provider} · {(bytes / 1e9).toFixed(1)} GB
    </button>
  );
}
