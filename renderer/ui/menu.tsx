import { ContextMenu as Context, DropdownMenu as Dropdown } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { cn } from './class-names.ts';
import { KeyCaps } from './key-caps.tsx';

/** What a menu shows; the same list serves drop-down and context menus. */
export type MenuEntry =
  | {
      readonly kind?: 'item';
      readonly id: string;
      readonly label: string;
      readonly icon?: ReactNode;
      readonly keys?: string | undefined;
      readonly disabled?: boolean;
      readonly danger?: boolean;
      readonly checked?: boolean;
      readonly onSelect: () => void;
    }
  | { readonly kind: 'line'; readonly id: string }
  | {
      readonly kind: 'sub';
      readonly id: string;
      readonly label: string;
      readonly entries: readonly MenuEntry[];
    }
  | { readonly kind: 'custom'; readonly id: string; readonly content: ReactNode };

const contentClass =
  'z-50 min-w-52 max-h-[92vh] overflow-y-auto rounded-node border border-line bg-raised p-1 shadow-raised text-body text-text';
const itemClass =
  'flex h-7 items-center gap-2 rounded-chip px-2 outline-none data-[highlighted]:bg-control-hover data-[disabled]:opacity-45 [&_svg]:size-3.5 [&_svg]:text-dim';

function Entries({
  kind,
  entries,
}: {
  readonly kind: typeof Dropdown | typeof Context;
  readonly entries: readonly MenuEntry[];
}) {
  const Radix = kind as typeof Dropdown;
  return entries.map((entry) => {
    if (entry.kind === 'line') return <Radix.Separator key={entry.id} className="my-1 h-px bg-line" />;
    if (entry.kind === 'custom') return <div key={entry.id}>{entry.content}</div>;
    if (entry.kind === 'sub')
      return (
        <Radix.Sub key={entry.id}>
          <Radix.SubTrigger className={cn(itemClass, 'data-[state=open]:bg-control-hover')}>
            <span className="size-3.5" />
            {entry.label}
            <span className="ml-auto text-faint">›</span>
          </Radix.SubTrigger>
          <Radix.Portal>
            <Radix.SubContent className={contentClass} sideOffset={4} collisionPadding={8}>
              <Entries kind={kind} entries={entry.entries} />
            </Radix.SubContent>
          </Radix.Portal>
        </Radix.Sub>
      );
    return (
      <Radix.Item
        key={entry.id}
        disabled={entry.disabled ?? false}
        onSelect={entry.onSelect}
        className={cn(itemClass, entry.danger && 'text-bad')}
      >
        <span className="flex size-3.5 items-center justify-center text-accent">
          {entry.checked ? '✓' : entry.icon}
        </span>
        {entry.label}
        {entry.keys && <KeyCaps keys={entry.keys} />}
      </Radix.Item>
    );
  });
}

interface MenuProps {
  readonly entries: readonly MenuEntry[] | (() => readonly MenuEntry[]);
  /** The element that opens it. */
  readonly children: ReactElement;
}

const listOf = (entries: MenuProps['entries']) => (typeof entries === 'function' ? entries() : entries);

/** A menu under a button. Entries given as a function are made each time it opens. */
export function Menu({
  entries,
  children,
  align = 'start',
}: MenuProps & { readonly align?: 'start' | 'end' }) {
  return (
    // Not modal: what is behind a menu stays readable, and one click elsewhere both closes it and acts.
    <Dropdown.Root modal={false}>
      <Dropdown.Trigger asChild>{children}</Dropdown.Trigger>
      <Dropdown.Portal>
        <Dropdown.Content className={contentClass} align={align} sideOffset={4} collisionPadding={8}>
          <Lazy kind={Dropdown} entries={entries} />
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  );
}

/** The menu of a right click. */
export function ContextMenu({ entries, children }: MenuProps) {
  return (
    <Context.Root modal={false}>
      <Context.Trigger asChild>{children}</Context.Trigger>
      <Context.Portal>
        <Context.Content className={contentClass} collisionPadding={8}>
          <Lazy kind={Context} entries={entries} />
        </Context.Content>
      </Context.Portal>
    </Context.Root>
  );
}

function Lazy({
  kind,
  entries,
}: {
  readonly kind: typeof Dropdown | typeof Context;
  readonly entries: MenuProps['entries'];
}) {
  return <Entries kind={kind} entries={listOf(entries)} />;
}
