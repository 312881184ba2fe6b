interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const DECIMALS = 6;

/** A number within its range, free of the noise of binary fractions. */
export const inRange = (value: number, { min, max }: Range): number =>
  Number(Math.min(max, Math.max(min, value)).toFixed(DECIMALS));

/** The nearest multiple of a step. */
export const snapped = (value: number, step: number): number =>
  Number((Math.round(value / step) * step).toFixed(DECIMALS));

export const numberText = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toFixed(DECIMALS))) : String(value ?? '');

/** A number as people type it; commas count as points. Undefined when it is none. */
export function typedNumber(text: string): number | undefined {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
}
