import type { RowError } from '../rows/row.ts';

/** What is wrong with one row; caught where rows become requests. */
export class RowProblem extends Error {
  readonly column: string | undefined;

  constructor(message: string, column?: string) {
    super(message);
    this.column = column;
  }
}

export const rowErrorOf = (
  row: number,
  key: string | undefined,
  code: string,
  { message, column }: RowProblem,
): RowError => ({
  row,
  ...(key === undefined ? {} : { key }),
  ...(column === undefined ? {} : { column }),
  code,
  message: column === undefined ? message : `column ${column}: ${message}`,
});
