/** Predictions as CSV. The only file that imports the writer of it. */
import { stringify } from 'csv-stringify/sync';
import { jsonText } from './ndjson-text.ts';
import {
  columnName,
  type ExportValue,
  type OutputColumn,
  outputColumns,
  type Predicted,
  valuesOf,
} from './predicted.ts';

/** Makes text of rows, and before the first of it the header. Lists are JSON. */
export function csvText(): (rows: readonly Predicted[]) => string {
  let columns: OutputColumn[] | undefined;
  return (rows) => {
    const lines: (readonly (string | number)[])[] = [];
    if (!columns) {
      columns = outputColumns(rows);
      lines.push(['key', ...columns.map(({ name }) => columnName(name)), 'version', 'generation', 'computed_at']);
    }
    for (const row of rows)
      lines.push([
        row.key,
        ...valuesOf(row, columns).map(cellText),
        row.version,
        row.generation,
        new Date(row.computedAt).toISOString(),
      ]);
    return stringify(lines as (string | number)[][]);
  };
}

function cellText(value: ExportValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? jsonText(value) : String(value);
}
