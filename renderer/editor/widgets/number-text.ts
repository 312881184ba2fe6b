interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const DECIMALS = 6;

/** A number within its range, free of the noise of binary fractions. */
export const inRange = (value: number, { min, max }: Pick<Range, 'min' | 'max'>): number =>
  Number(Math.min(max, Math.max(min, value)).toFixed(DECIMALS));

/** The nearest multiple of a step. */
export const snapped = (value: number, step: number): number =>
  Number((Math.round(value / step) * step).toFixed(DECIMALS));

export const numberText = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toFixed(DECIMALS))) : String(value ?? '');

/** What was typed with the digits and signs of ASCII: Chinese input writes them full width. */
export const plainDigits = (text: string): string => text.normalize('NFKC').replace('。', '.').trim();

/** A number as people type it; commas count as points. Undefined when it is none. */
export function typedNumber(text: string): number | undefined {
  const plain = plainDigits(text).replace(',', '.');
  const value = Number(plain);
  return plain !== '' && Number.isFinite(value) ? value : undefined;
}
