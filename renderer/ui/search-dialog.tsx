import { Command } from 'cmdk';
import { Dialog } from 'radix-ui';
import { type ReactNode, useRef, useState } from 'react';
import { ranked } from './ranked.ts';

interface SearchDialogProps<T> {
  readonly title: string;
  readonly placeholder: string;
  /** Said when nothing is found. */
  readonly none: string;
  readonly things: readonly T[];
  /** How well a thing fits one word, in lower case, of what is typed; 0 for not at all. */
  readonly scoreOf: (thing: T, word: string) => number;
  /** The heading a thing stands under while nothing is typed. */
  readonly groupOf: (thing: T) => string;
  readonly isOff?: (thing: T) => boolean;
  readonly row: (thing: T) => ReactNode;
  readonly onChoose: (thing: T) => void;
  readonly onClose: () => void;
}

/** Things to choose one of, found by typing. */
export function SearchDialog<T extends { readonly id: string }>(props: SearchDialogProps<T>) {
  const { title, placeholder, none, things, scoreOf, groupOf, isOff, row, onChoose, onClose } = props;
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<string | undefined>();
  const list = useRef<HTMLDivElement>(null);
  const found = ranked(things, query, scoreOf);
  const grouped =
    query === ''
      ? [...new Set(found.map(groupOf))].map(
          (group) => [group, found.filter((thing) => groupOf(thing) === group)] as const,
        )
      : [[undefined, found] as const];
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/30" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[14vh] left-1/2 z-40 w-[min(560px,92vw)] -translate-x-1/2 overflow-hidden rounded-node border border-line bg-raised shadow-raised outline-none"
        >
          <Dialog.Title className="sr-only">{title}</Dialog.Title>
          <Command
            shouldFilter={false}
            loop
            value={chosen ?? found.find((thing) => !isOff?.(thing))?.id ?? ''}
            onValueChange={setChosen}
          >
            <Command.Input
              autoFocus
              value={query}
              onValueChange={(typed) => {
                setQuery(typed);
                // The best match is meant until the arrow keys say otherwise.
                setChosen(undefined);
                list.current?.scrollTo(0, 0);
              }}
              className="search-input"
              placeholder={placeholder}
              aria-label={placeholder}
            />
            <Command.List ref={list} className="max-h-[52vh] overflow-y-auto p-1">
              {found.length === 0 && <p className="px-2 py-3 text-dim">{none}</p>}
              {grouped.map(([group, members]) => (
                <Command.Group key={group ?? ''} heading={group}>
                  {members.map((thing) => (
                    <Command.Item
                      key={thing.id}
                      value={thing.id}
                      disabled={isOff?.(thing) ?? false}
                      className="option-row"
                      onSelect={() => {
                        onClose();
                        // The dialog gives the focus back first.
                        setTimeout(() => onChoose(thing));
                      }}
                    >
                      {row(thing)}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
