import type { Explanation, Tensor } from '@sheaf/inference';
import { jsonElements } from '@sheaf/tensor-io';
import { printable, table, tree } from '@sheaf/terminal';

const valuesShown = 16;
const lineCharsMax = 100;
/** The most characters of one text, and the most texts of one output. */
const [textCharsMax, linesShown] = [400, 100];

/** The first elements of a tensor, on one line. */
function preview(tensor: Tensor): string {
  const elements = jsonElements(tensor);
  if (hasLines(tensor)) return `${elements.length} texts, below`;
  const shown = elements
    .slice(0, valuesShown)
    .map((value) => (typeof value === 'number' ? short(value) : String(value)));
  const line = shown.join(' ').replace(/\p{Cc}/gu, ' ');
  return shortened(line, lineCharsMax, elements.length > valuesShown);
}

const shortened = (line: string, charsMax: number, isCut = false): string =>
  isCut || line.length > charsMax ? `${line.slice(0, charsMax)} ...` : line;

/** Texts side by side cannot be told apart. */
const hasLines = ({ datatype, shape }: Tensor): boolean =>
  datatype === 'BYTES' && shape.reduce((product, size) => product * size, 1) > 1;

/** Every text on a line of its own; those of one row side by side, a tab between them. */
function lines(tensor: Tensor): string[] {
  const texts = jsonElements(tensor).map((text) => shortened(printable(String(text)), textCharsMax));
  const width = tensor.shape.length < 2 ? 1 : Math.max(1, tensor.shape.at(-1) ?? 1);
  const all = Array.from({ length: texts.length / width }, (_, row) =>
    texts.slice(row * width, (row + 1) * width).join('\t'),
  );
  const more = all.length - linesShown;
  return more > 0 ? [...all.slice(0, linesShown), `... and ${more} more; --json has them all`] : all;
}

const short = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(4));

export function outputsTable(outputs: readonly Tensor[]): string {
  const rows = outputs.map((tensor) => [tensor.name, tensor.datatype, `[${tensor.shape}]`, preview(tensor)]);
  const texts = outputs.filter(hasLines).map((tensor) => `\n\n${tensor.name}:\n${lines(tensor).join('\n')}`);
  return table([['output', 'datatype', 'shape', 'values'], ...rows]) + texts.join('');
}

/** A tree with a time per line, and what was noted of it; what failed says so. */
export const explanationTree = (root: Explanation): string =>
  tree(
    root,
    ({ kind, name, ms, code, attributes }) => [
      kind === 'request' ? name : `${kind} ${name}`,
      `${ms.toFixed(1)} ms${code === 'OK' ? '' : `  ${code}`}`,
      notes(attributes ?? {}),
    ],
    ({ children }) => children,
  );

const count = (number: string, noun: string): string => `${number} ${noun}${number === '1' ? '' : 's'}`;

type Attributes = NonNullable<Explanation['attributes']>;

/** Tells the attributes of a span; those without a way of their own are rules. */
function notes(attributes: Attributes): string {
  const has = (key: string): boolean => attributes[`sheaf.${key}`] !== undefined;
  const of = (key: string): string => String(attributes[`sheaf.${key}`]);
  const rules = Object.entries(attributes).flatMap(([key, value]) =>
    key.startsWith('sheaf.rule.') ? [`${key.slice('sheaf.rule.'.length)}: ${value}`] : [],
  );
  return [
    has('version') ? `${of('model')}/${of('version')} at ${of('endpoint')}` : '',
    has('weight') && attributes['sheaf.weight'] !== 1 ? `weight ${of('weight')}` : '',
    has('branch') ? `branch ${of('branch')}` : '',
    has('fallback') ? `answered by step ${Number(of('fallback')) + 1}` : '',
    has('parts') ? count(of('parts'), 'part') : '',
    has('batch.rows') ? `${count(of('batch.rows'), 'row')} of ${count(of('batch.calls'), 'call')}` : '',
    has('batched') ? `batched: ${of('batched')}` : '',
    has('not_batched') ? `not batched: ${of('not_batched')}` : '',
    ...rules,
  ]
    .filter(Boolean)
    .join(', ');
}
