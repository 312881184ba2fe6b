import { type ClassValue, clsx } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

const merge = extendTailwindMerge({
  extend: { theme: { text: ['body', 'node', 'label'], radius: ['node', 'control', 'chip'] } },
});

/** Class names joined; of two that set the same thing, the later wins. */
export const cn = (...names: ClassValue[]): string => merge(clsx(names));
