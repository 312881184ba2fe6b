import { useRef } from 'react';

interface NameFieldProps {
  readonly label: string;
  /** What it is called so far. */
  readonly name: string;
  readonly className?: string;
  /** A new name, without spaces around it; may be empty. */
  readonly onName: (name: string) => void;
  /** The field is to go, with a new name or without. */
  readonly onLeave: () => void;
}

const LONGEST = 200;

/** Stands in place of a name that is being changed: Enter and leaving it take what was typed, Escape does not. */
export function NameField({ label, name, className = 'node-title-field', onName, onLeave }: NameFieldProps) {
  // A field that goes while it has the focus is left once more.
  const isOver = useRef(false);
  const end = (typed: string = name) => {
    if (isOver.current) return;
    isOver.current = true;
    onLeave();
    if (typed.trim() !== name) onName(typed.trim());
  };
  return (
    <input
      className={className}
      aria-label={label}
      defaultValue={name}
      maxLength={LONGEST}
      // biome-ignore lint/a11y/noAutofocus: the user just asked to rename it
      autoFocus
      onFocus={(event) => event.target.select()}
      onBlur={(event) => end(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') end(event.currentTarget.value);
        if (event.key === 'Escape') end();
      }}
    />
  );
}
