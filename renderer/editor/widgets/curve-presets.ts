import type { CurvePoint } from '../../../nodes/core/curve.ts';
import type { MessageKey } from '../../i18n/index.ts';

/** Shapes to start a curve from; values are for a range that holds 0 and 1. */
export const curvePresets: readonly { readonly name: MessageKey; readonly points: readonly CurvePoint[] }[] =
  [
    { name: 'curve.level', points: [[0, 1]] },
    {
      name: 'curve.fade-out',
      points: [
        [0, 1],
        [1, 0],
      ],
    },
    {
      name: 'curve.fade-in',
      points: [
        [0, 0],
        [1, 1],
      ],
    },
    {
      name: 'curve.early',
      points: [
        [0, 1],
        [0.4, 1],
        [0.6, 0],
        [1, 0],
      ],
    },
    {
      name: 'curve.late',
      points: [
        [0, 0],
        [0.4, 0],
        [0.6, 1],
        [1, 1],
      ],
    },
    {
      // Only the last step is at 1 exactly, however many there are.
      name: 'curve.all-but-last',
      points: [
        [0, 1],
        [0.99, 1],
        [1, 0],
      ],
    },
    {
      name: 'curve.hill',
      points: [
        [0, 0],
        [0.5, 1],
        [1, 0],
      ],
    },
  ];
