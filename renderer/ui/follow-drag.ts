import type { PointerEvent as ReactPointerEvent } from 'react';

/**
 * Tells every move of the pointer that was just pressed on an element, wherever it goes, until it is let go or
 * taken away.
 */
export function followDrag(
  { pointerId }: Pick<ReactPointerEvent, 'pointerId'>,
  element: Element & GlobalEventHandlers,
  onMove: (event: PointerEvent) => void,
  onEnd?: () => void,
): void {
  const end = () => {
    element.removeEventListener('pointermove', onMove);
    element.removeEventListener('lostpointercapture', end);
    onEnd?.();
  };
  element.setPointerCapture(pointerId);
  element.addEventListener('pointermove', onMove);
  element.addEventListener('lostpointercapture', end);
}
