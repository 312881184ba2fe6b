import { useCallback, useEffect, useRef } from 'react';

/**
 * Gives the canvas the mouse that is down: while it drags, the browser need not look for what lies under
 * it among some thousand elements at every move. Not before it moves: a click belongs to what it hits.
 */
export function usePointerHold(root: React.RefObject<HTMLDivElement | null>): () => void {
  const pressed = useRef<number>(undefined);
  useEffect(() => {
    const element = root.current;
    const down = ({ pointerId, pointerType }: PointerEvent) => {
      pressed.current = pointerType === 'mouse' ? pointerId : undefined;
    };
    const up = () => {
      pressed.current = undefined;
    };
    element?.addEventListener('pointerdown', down, true);
    window.addEventListener('pointerup', up, true);
    return () => {
      element?.removeEventListener('pointerdown', down, true);
      window.removeEventListener('pointerup', up, true);
    };
  }, [root]);
  return useCallback(() => {
    if (pressed.current === undefined) return;
    root.current?.setPointerCapture(pressed.current);
    pressed.current = undefined;
  }, [root]);
}
