import type { Cell, Row } from '../rows/row.ts';
import { showCell } from './element.ts';
import { RowProblem } from './row-problem.ts';

/** Of UTF-8. */
const keyBytesMax = 1_024;

/** What tells a row apart: the text of its column, or the JSON list of the texts of several. */
export function keyOf({ cells }: Row, columns: readonly string[]): string {
  const texts = columns.map((column) => keyText(cells.get(column) ?? null, column));
  const [only = ''] = texts;
  const key = texts.length === 1 ? only : JSON.stringify(texts);
  const bytes = Buffer.byteLength(key);
  if (bytes > keyBytesMax) throw new RowProblem(`want a key of at most ${keyBytesMax} bytes, got ${bytes}`, columns[0]);
  return key;
}

function keyText(cell: Cell, column: string): string {
  if (cell === null || cell === '' || typeof cell === 'object')
    throw new RowProblem(`want a key, got ${showCell(cell)}`, column);
  return String(cell);
}
