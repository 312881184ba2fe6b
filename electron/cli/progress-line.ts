import type { RunEvent } from '../../nodes/execution/events.ts';

const BAR = 24;

/** Seconds as people read them: 0.4 s, 12 s, 3 min 05 s. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** One line for where a node is: bar, count, rate and time left. */
export function progressText(title: string, event: RunEvent & { readonly kind: 'progress' }): string {
  const { done, total, unit, rate, secondsLeft } = event;
  const filled = Math.round((done / Math.max(total, 1)) * BAR);
  const parts = [
    `${title} ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${done}/${total} ${unit}${total === 1 ? '' : 's'}`,
  ];
  if (rate !== undefined) parts.push(rate >= 1 ? `${rate.toFixed(1)}/s` : `${formatSeconds(1 / rate)} each`);
  if (secondsLeft !== undefined && done < total) parts.push(`${formatSeconds(secondsLeft)} left`);
  return parts.join(' · ');
}

/** The bottom line of a terminal, rewritten in place; silent where there is no terminal. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #shown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (!this.#stream.isTTY) return;
    const width = this.#stream.columns || 80;
    this.#stream.write(`\r\x1b[2K${text.slice(0, width - 1)}`);
    this.#shown = true;
  }

  /** Prints a line that stays, above the progress line. */
  print(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\x1b[2K');
    this.#shown = false;
  }
}
