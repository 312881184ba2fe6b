/** ‖actual − expected‖ / ‖expected‖; infinite where a value is not finite. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += ((actual[i] ?? Number.NaN) - (expected[i] ?? 0)) ** 2;
    size += (expected[i] ?? 0) ** 2;
  }
  const error = Math.sqrt(difference / size);
  return Number.isFinite(error) && actual.length === expected.length ? error : Number.POSITIVE_INFINITY;
}
