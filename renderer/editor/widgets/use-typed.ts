import { type ChangeEvent, type FocusEvent, type KeyboardEvent, useRef, useState } from 'react';

type Field = HTMLInputElement;

/**
 * A field whose text counts once it is done: Enter takes it, leaving takes it, Escape leaves without it.
 * `shown` is what is being typed, or else the value; spread `field` onto the input.
 */
export function useTyped(value: string, take: (text: string) => void) {
  const [typed, setTyped] = useState<string | undefined>();
  const dropped = useRef(false);
  const commit = () => {
    if (typed !== undefined && typed !== value && !dropped.current) take(typed);
    dropped.current = false;
    setTyped(undefined);
  };
  return {
    shown: typed ?? value,
    forget: () => setTyped(undefined),
    field: {
      onFocus: (event: FocusEvent<Field>) => event.target.select(),
      onChange: (event: ChangeEvent<Field>) => setTyped(event.target.value),
      onBlur: commit,
      onKeyDown: (event: KeyboardEvent<Field>) => {
        if (event.key === 'Enter') commit();
        if (event.key !== 'Escape') return;
        dropped.current = true;
        event.currentTarget.blur();
      },
    },
  };
}
