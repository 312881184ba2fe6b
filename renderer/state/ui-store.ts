import { createStore, useStore } from 'zustand';
import { keepText, keptText } from './kept-text.ts';

export type ThemeChoice = 'dark' | 'light' | 'system';
export type Density = 'compact' | 'comfortable';

/** How the window is set up: kept between sessions, never part of a document. */
interface UiState {
  readonly theme: ThemeChoice;
  readonly density: Density;
  readonly leftPanel: string | undefined;
  readonly rightPanel: string | undefined;
  readonly leftWidth: number;
  readonly rightWidth: number;
  readonly minimap: boolean;
  readonly snap: boolean;
  readonly autoRun: boolean;
  /** Live values run while they move. */
  readonly live: boolean;
  readonly batchCount: number;
}

const STORAGE = 'kronode.ui';
const initial: UiState = {
  theme: 'dark',
  density: 'comfortable',
  leftPanel: undefined,
  rightPanel: undefined,
  leftWidth: 260,
  rightWidth: 320,
  minimap: true,
  snap: false,
  autoRun: false,
  live: true,
  batchCount: 1,
};

/** What was kept, as far as it is of the right kind; a damaged entry costs its own setting only. */
function restored(): UiState {
  const saved = keptText(STORAGE);
  if (!saved) return initial;
  try {
    const json = JSON.parse(saved) as Record<string, unknown>;
    const entries = Object.entries(json).filter(
      ([key, value]) =>
        Object.hasOwn(initial, key) &&
        (typeof value === typeof initial[key as keyof UiState] ||
          (key.endsWith('Panel') && typeof value === 'string')),
    );
    return {
      ...initial,
      ...(json.rightPanel === null && { rightPanel: undefined }),
      ...Object.fromEntries(entries),
    };
  } catch {
    // A damaged entry is overwritten with the next change.
    return initial;
  }
}

export const uiStore = createStore<UiState>(restored);

uiStore.subscribe((state) =>
  keepText(
    STORAGE,
    JSON.stringify(state, (_key, value: unknown) => (value === undefined ? null : value)),
  ),
);

export const useUi = <T>(selector: (state: UiState) => T): T => useStore(uiStore, selector);
export const setUi = (change: Partial<UiState>): void => uiStore.setState(change);

/** Shows a panel, or hides it when it is the one shown. */
export function togglePanel(side: 'left' | 'right', id: string): void {
  const key = side === 'left' ? 'leftPanel' : 'rightPanel';
  setUi({ [key]: uiStore.getState()[key] === id ? undefined : id });
}

const darkQuery = () => matchMedia('(prefers-color-scheme: dark)');

/** Keeps the page's colours in step with the chosen theme and with the system's. */
export function followTheme(): void {
  const apply = () => {
    const { theme, density } = uiStore.getState();
    const dark = theme === 'system' ? darkQuery().matches : theme === 'dark';
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    document.documentElement.dataset.density = density;
  };
  apply();
  uiStore.subscribe(apply);
  darkQuery().addEventListener('change', apply);
}
