/** Token counts are rounded up to a multiple of this (SEQ_MULTI_OF of the reference implementation). */
const TOKEN_MULTIPLE = 32;

/** Tokens after padding; the padding takes part in attention as the learned pad token. */
export const paddedLength = (tokens: number): number => Math.ceil(tokens / TOKEN_MULTIPLE) * TOKEN_MULTIPLE;

/** Position of a token on the three rotary axes: sequence (or frame), row, column. */
export type Position = readonly [number, number, number];

/** Caption tokens, padding included, count up on the first axis from 1. */
export const captionPositions = (paddedCaption: number): Position[] =>
  Array.from({ length: paddedCaption }, (_, i) => [1 + i, 0, 0]);

/**
 * Image tokens in row-major order, all at the first place after the padded caption; the tokens that
 * pad them stand at the origin.
 */
export function imagePositions(rows: number, columns: number, paddedCaption: number): Position[] {
  const positions: Position[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) positions.push([paddedCaption + 1, row, column]);
  while (positions.length < paddedLength(rows * columns)) positions.push([0, 0, 0]);
  return positions;
}
