import type { JobSummary } from '../../nodes/protocol/contract.ts';
import type { Translate } from '../i18n/index.ts';
import type { Progress } from '../state/runtime-store.ts';

/** What a job is called. */
export const nameOfJob = ({ title }: JobSummary, t: Translate): string =>
  title === '' ? t('tab.untitled') : title;

/** `4.2 s`, `3 min 20 s`, `1 h 5 min`. */
export function durationText(seconds: number, t: Translate): string {
  if (seconds < 10) return t('queue.seconds', { seconds: seconds.toFixed(1) });
  const whole = Math.round(seconds);
  if (whole < 60) return t('queue.seconds', { seconds: whole });
  if (whole < 3600) return t('queue.minutes', { minutes: Math.floor(whole / 60), seconds: whole % 60 });
  return t('queue.hours', { hours: Math.floor(whole / 3600), minutes: Math.floor((whole % 3600) / 60) });
}

/** Milliseconds as people compare them: `12 ms`, `0.31 s`, `3 min 20 s`. */
export const timeText = (milliseconds: number, t: Translate): string =>
  milliseconds < 100
    ? `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`
    : milliseconds < 10_000
      ? `${(milliseconds / 1000).toFixed(2)} s`
      : durationText(milliseconds / 1000, t);

/** How far a node is: `6/8`, its pace, and what is left. */
export function progressWords({ done, total, unit, rate, secondsLeft }: Progress, t: Translate): string[] {
  const isCounted = total > 1 || unit === 'step';
  return [
    ...(isCounted ? [t('queue.at', { done, total })] : []),
    ...(isCounted && rate !== undefined && rate > 0
      ? [
          rate >= 1
            ? t('queue.rate', { rate: rate.toFixed(rate < 10 ? 1 : 0) })
            : t('queue.rate-slow', { seconds: (1 / rate).toFixed(1) }),
        ]
      : []),
    // Less than a second is over before it is read.
    ...(secondsLeft !== undefined && secondsLeft >= 1
      ? [t('queue.left', { time: durationText(secondsLeft, t) })]
      : []),
  ];
}
