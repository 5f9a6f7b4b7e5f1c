/** Predictions as NDJSON. */
import { columnName, type ExportValue, nested, type Predicted } from './predicted.ts';

/** A line for each row: its key, its outputs, and where they come from. */
export const ndjsonText = (rows: readonly Predicted[]): string => rows.map((row) => `${lineOf(row)}\n`).join('');

function lineOf({ key, outputs, version, generation, computedAt }: Predicted): string {
  const fields: [string, ExportValue][] = [
    ['key', key],
    ...outputs.map((tensor): [string, ExportValue] => [columnName(tensor.name), nested(tensor)]),
    ['version', version],
    ['generation', generation],
    ['computed_at', new Date(computedAt).toISOString()],
  ];
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`).join(',')}}`;
}

/** Integers with all their digits; NaN and infinities, which JSON lacks, are texts. */
export function jsonText(value: ExportValue): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`;
  return typeof value === 'object' && value !== null ? `[${value.map(jsonText).join(',')}]` : JSON.stringify(value);
}
