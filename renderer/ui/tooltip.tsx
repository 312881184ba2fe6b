import { Tooltip as Radix } from 'radix-ui';
import { cloneElement, type ReactElement, type ReactNode, useEffect, useState } from 'react';
import { KeyCaps } from './key-caps.tsx';

type Side = 'top' | 'right' | 'bottom' | 'left';

interface TooltipProps {
  readonly text: string | undefined;
  readonly keys?: string | undefined;
  readonly side?: Side;
  readonly children: ReactElement<Record<`data-tip${string}`, string | undefined>>;
}

/**
 * One sentence about a control, after half a second of hovering. The control only carries the words:
 * a graph has thousands of them, so one layer, held by the app shell, shows them all.
 */
export function Tooltip({ text, keys, side = 'bottom', children }: TooltipProps) {
  if (!text) return children;
  return cloneElement(children, { 'data-tip': text, 'data-tip-keys': keys, 'data-tip-side': side });
}

/** Milliseconds over a control before its sentence shows; none right after another one was read. */
const DELAY = 500;
const NEXT_WITHIN = 150;
const ID = 'tooltip';

interface Shown {
  readonly control: HTMLElement;
  readonly box: DOMRect;
}

const controlOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null;

/** The control that is hovered or, by keyboard, focused, once its sentence is due. */
function useShown(): Shown | undefined {
  const [shown, setShown] = useState<Shown>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current: HTMLElement | null = null;
    let isShown = false;
    let hiddenAt = Number.NEGATIVE_INFINITY;
    const hide = () => {
      clearTimeout(timer);
      if (isShown) hiddenAt = performance.now();
      current?.removeAttribute('aria-describedby');
      current = null;
      isShown = false;
      setShown(undefined);
    };
    const show = (control: HTMLElement | null, delay: number) => {
      if (control === current) return;
      hide();
      if (!control) return;
      current = control;
      timer = setTimeout(
        () => {
          if (!control.isConnected) return;
          isShown = true;
          control.setAttribute('aria-describedby', ID);
          setShown({ control, box: control.getBoundingClientRect() });
        },
        performance.now() - hiddenAt < NEXT_WITHIN ? 0 : delay,
      );
    };
    const ended = new AbortController();
    const on = <K extends keyof DocumentEventMap>(type: K, hear: (event: DocumentEventMap[K]) => void) =>
      document.addEventListener(type, hear, { signal: ended.signal, capture: true, passive: true });
    on('pointerover', ({ target, pointerType, buttons }) => {
      if (pointerType !== 'touch' && buttons === 0) show(controlOf(target), DELAY);
    });
    on('focusin', ({ target }) => {
      const control = controlOf(target);
      if (control?.matches(':focus-visible')) show(control, 0);
    });
    on('focusout', hide);
    on('pointerdown', hide);
    on('wheel', hide);
    on('keydown', hide);
    document.documentElement.addEventListener('pointerleave', hide, { signal: ended.signal });
    return () => {
      ended.abort();
      hide();
    };
  }, []);
  return shown;
}

/** Shows what `Tooltip` put on the controls inside. */
export function TooltipProvider({ children }: { readonly children: ReactNode }) {
  return (
    <>
      {children}
      <TooltipLayer />
    </>
  );
}

function TooltipLayer() {
  const shown = useShown();
  if (!shown) return null;
  const { control, box } = shown;
  const { tip, tipKeys, tipSide } = control.dataset;
  return (
    <Radix.Provider>
      <Radix.Root open>
        <Radix.Trigger asChild>
          <span
            aria-hidden
            className="pointer-events-none fixed"
            style={{ left: box.left, top: box.top, width: box.width, height: box.height }}
          />
        </Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            side={sideOf(tipSide)}
            sideOffset={6}
            collisionPadding={8}
            className="pointer-events-none z-50 flex max-w-72 items-center gap-2 rounded-control border border-line bg-raised px-2 py-1 text-label text-text shadow-raised"
          >
            <span id={ID}>{tip}</span>
            {tipKeys && <KeyCaps keys={tipKeys} />}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}

const sideOf = (side: string | undefined): Side =>
  side === 'top' || side === 'left' || side === 'right' ? side : 'bottom';
