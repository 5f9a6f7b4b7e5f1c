import type { Explanation, Tensor } from '@sheaf/inference';
import { jsonElements } from '@sheaf/tensor-io';

const valuesShown = 16;
const lineCharsMax = 100;

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The first elements of a tensor, on one line. */
function preview(tensor: Tensor): string {
  const elements = jsonElements(tensor);
  const shown = elements
    .slice(0, valuesShown)
    .map((value) => (typeof value === 'number' ? short(value) : String(value)));
  const line = shown.join(' ').replace(/\p{Cc}/gu, ' ');
  const cut = elements.length > valuesShown || line.length > lineCharsMax;
  return cut ? `${line.slice(0, lineCharsMax)} ...` : line;
}

const short = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(4));

export function outputsTable(outputs: readonly Tensor[]): string {
  const rows = outputs.map((tensor) => [tensor.name, tensor.datatype, `[${tensor.shape}]`, preview(tensor)]);
  return table([['output', 'datatype', 'shape', 'values'], ...rows]);
}

/** A tree with a time per line; what failed says so. */
export function explanationTree(root: Explanation): string {
  const line = ({ kind, name, ms, code }: Explanation, lead: string): string[] => [
    `${lead}${kind === 'request' ? name : `${kind} ${name}`}`,
    `${ms.toFixed(1)} ms${code === 'OK' ? '' : `  ${code}`}`,
  ];
  const below = ({ children }: Explanation, lead: string): string[][] =>
    children.flatMap((child, index) => {
      const last = index === children.length - 1;
      return [line(child, `${lead}${last ? '└─ ' : '├─ '}`), ...below(child, `${lead}${last ? '   ' : '│  '}`)];
    });
  return table([line(root, ''), ...below(root, '')]);
}
