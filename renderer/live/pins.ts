import { createStore, useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Document } from '../../nodes/document/schema.ts';
import type { LiveValue } from '../../nodes/graph/live-values.ts';
import { numberText } from '../editor/widgets/number-text.ts';
import { text } from '../i18n/index.ts';
import { catalogue } from '../state/catalogue-store.ts';
import { newId } from '../state/new-id.ts';
import { previewBlob, runtimeOf } from '../state/runtime-store.ts';
import { openCompare } from '../state/viewer-store.ts';
import { type Tab, tabOf } from '../state/workspace.ts';
import { findNumber, liveNumbers, liveValuesOf } from './live-numbers.ts';
import { currentNumber } from './live-store.ts';

/** A picture that was put aside with the live values that made it; of this session only. */
export interface Pin {
  readonly id: string;
  readonly tab: string;
  /** The node that showed it, as runs name it. */
  readonly node: string;
  /** Object URL of its own bytes. */
  readonly url: string;
  /** The number it is told by. */
  readonly label: string;
  readonly values: readonly LiveValue[];
}

interface PinState {
  readonly pins: readonly Pin[];
  /** The pin that waits for another one to be compared with. */
  readonly marked: string | undefined;
}

const pinStore = createStore<PinState>(() => ({ pins: [], marked: undefined }));

export const usePins = (tab: string, node: string): readonly Pin[] =>
  useStore(
    pinStore,
    useShallow(({ pins }) => pins.filter((pin) => pin.tab === tab && pin.node === node)),
  );
export const useMarkedPin = (): string | undefined => useStore(pinStore, ({ marked }) => marked);

/** The node whose picture is meant: a selected one, or else the last that made one. */
export function pictureNode({ id, store }: Tab): string | undefined {
  const { previews, pictures } = runtimeOf(id);
  const shown = Object.keys(pictures).filter((node) => previews[node] && pictures[node]?.length);
  return shown.find((node) => store.path.length === 0 && store.selection.has(`node:${node}`)) ?? shown.at(-1);
}

/**
 * Puts the picture that is shown aside.
 * @param document what it was made from
 */
export function pinPicture(tab: Tab, document: Document): void {
  const node = pictureNode(tab);
  const picture = node && previewBlob(runtimeOf(tab.id).previews[node] ?? '');
  if (!picture) return;
  const kinds = catalogue();
  const at = currentNumber(tab) ?? liveNumbers(document, kinds)[0];
  const value = at && findNumber(document, kinds, at)?.value;
  const pin: Pin = {
    id: newId('pin'),
    tab: tab.id,
    node,
    url: URL.createObjectURL(picture),
    label: value === undefined ? '–' : numberText(value),
    values: liveValuesOf(document, kinds),
  };
  pinStore.setState(({ pins }) => ({ pins: [...pins, pin] }));
}

/** Sets the live values a pin was made with, as one step; those whose node is gone are passed over. */
export function returnToPin({ tab, label, values }: Pin): void {
  tabOf(tab)?.store.editDocument(text('pins.returned', { label }), (draft) => {
    for (const { definition, node, input, value } of values) {
      const graph = definition === undefined ? draft : draft.definitions?.[definition];
      const target = graph?.nodes[node];
      if (target) target.inputs[input] = value;
    }
  });
}

/** Marks a pin, or opens it beside the marked one. */
export function comparePin(pin: Pin): void {
  const { pins, marked } = pinStore.getState();
  const other = pins.find(({ id }) => id === marked);
  pinStore.setState({ marked: other ? undefined : pin.id });
  if (other && other !== pin) openCompare(sourceOf(other), sourceOf(pin));
}

const sourceOf = ({ label, url }: Pin) => ({ label, url });

function removePins(isGone: (pin: Pin) => boolean): void {
  const { pins, marked } = pinStore.getState();
  for (const { url } of pins.filter(isGone)) URL.revokeObjectURL(url);
  const left = pins.filter((pin) => !isGone(pin));
  pinStore.setState({ pins: left, marked: left.some(({ id }) => id === marked) ? marked : undefined });
}

export const removePin = (id: string): void => removePins((pin) => pin.id === id);
export const removePinsOf = (tab: string): void => removePins((pin) => pin.tab === tab);
export const hasPins = (tab: string): boolean => pinStore.getState().pins.some((pin) => pin.tab === tab);
