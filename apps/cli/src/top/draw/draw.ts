/** Draws a mesh as lines for a terminal: a function of what is known, how it is looked at, and the size. */

import type { Section } from '../rows/details.ts';
import type { MeshRow } from '../rows/mesh.ts';
import { type Rows, selectedOf, shown, type View } from '../view.ts';
import { type Column, nameColumns, serviceColumns } from './columns.ts';
import { amount, bytes, duration, part, rate } from './figures.ts';
import { cut, left, type Paint, plain, right, type Size } from './text.ts';

export interface Picture {
  readonly mesh: MeshRow;
  readonly rows: Rows;
  /** What the view looks into. */
  readonly sections: readonly Section[];
  readonly address: string;
  /** When this was so: the time of day. */
  readonly at: string;
  /** Undefined: there was one reading only. */
  readonly seconds: number | undefined;
  /** Why there is nothing newer. */
  readonly problem: string | undefined;
}

/** As many lines as the terminal has rows, none longer than its columns. */
export function draw(picture: Picture, view: View, size: Size, paint: Paint): readonly string[] {
  const top = [title(picture, view, size, paint), ...summary(picture.mesh, size, paint), ''];
  const room = Math.max(0, size.rows - top.length - 1);
  const middle = middleOf(picture, view, { ...size, rows: room }, paint).slice(0, room);
  const blank = Array.from({ length: room - middle.length }, () => '');
  return [...top, ...middle, ...blank, footer(view, size, paint)].slice(-Math.max(1, size.rows));
}

function title(
  { address, at, seconds, problem }: Picture,
  { isPaused }: View,
  { columns }: Size,
  paint: Paint,
): string {
  const state = isPaused ? '  paused' : seconds === undefined ? '  first reading' : `  of ${seconds.toFixed(1)} s`;
  const text = `sheaf top  ${address}  ${at}${state}`;
  if (problem === undefined) return paint('head', cut(plain(text), columns));
  return paint('bad', cut(plain(`sheaf top  as of ${at}; trying again: ${problem}`), columns));
}

/** Three lines, of which each is cut at the width. */
function summary(mesh: MeshRow, { columns }: Size, paint: Paint): readonly string[] {
  const { callsPerSecond, failedRatio, refusedRatio, p50Seconds, p99Seconds, inFlight, connections } = mesh;
  const calls = [
    `calls ${rate(callsPerSecond)}/s  failed ${part(failedRatio)}  refused ${part(refusedRatio)}`,
    `p50 ${duration(p50Seconds)}  p99 ${duration(p99Seconds)}  in flight ${amount(inFlight)}`,
  ].join('  ');
  const memory = `bytes in flight ${bytes(mesh.bytesInFlight)} of ${bytes(mesh.bytesInFlightLimit)}`;
  const limits = mesh.limits.map(({ name, useRatio }) => `${name} ${part(useRatio)}`).join('  ');
  const wrongs = wrongsOf(mesh);
  return [
    cut(calls, columns),
    cut(plain(`${memory}  connections ${amount(connections)}  limits ${limits || 'not used'}`), columns),
    wrongs === '' ? 'no breaker is open, and nothing is left out' : paint('bad', cut(wrongs, columns)),
  ];
}

function wrongsOf({ breakersOpen, quarantined, slowedCallers, partsOut, silentProcesses }: MeshRow): string {
  const wrongs: readonly (readonly [string, number])[] = [
    ['breakers open', breakersOpen],
    ['parts out', partsOut],
    ['processes silent', silentProcesses],
    ['requests in quarantine', quarantined],
    ['callers slowed', slowedCallers],
  ];
  return wrongs
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what} ${count}`)
    .join('  ');
}

function middleOf(picture: Picture, view: View, size: Size, paint: Paint): readonly string[] {
  if (view.isHelp) return help.map((line) => cut(line, size.columns));
  if (view.inside !== undefined) return inside(picture.sections, view, size, paint);
  const rows = shown(picture.rows, view);
  // The services get a third, or what they need, and the names the rest.
  const ofServices = Math.min(rows.services.length, Math.max(3, Math.floor(size.rows / 3)));
  const ofNames = Math.max(1, size.rows - ofServices - 3);
  const names = { title: 'MODEL OR PIPELINE', all: picture.rows.names.length, rows: rows.names, columns: nameColumns };
  const services = {
    ...{ title: 'SERVICE', all: picture.rows.services.length },
    ...{ rows: rows.services, columns: serviceColumns },
  };
  const marked = selectedOf(view, rows);
  const of = (table: View['table']) => ({
    ...{ order: view.order[table], columns: size.columns, paint },
    selected: view.table === table ? marked : undefined,
  });
  return [
    ...drawTable(names, { ...of('names'), height: ofNames }),
    '',
    ...drawTable(services, { ...of('services'), height: ofServices }),
  ];
}

interface Table<Row> {
  readonly title: string;
  /** Rows there are, also those that the filter leaves out. */
  readonly all: number;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
}

interface TableView {
  readonly order: View['order']['names'];
  readonly selected: string | undefined;
  readonly columns: number;
  /** Rows beside the head. */
  readonly height: number;
  readonly paint: Paint;
}

const nameMin = 19;
const nameMax = 44;

/** Page by page, so that rows stand still while the mark moves. */
function drawTable<Row extends { readonly name: string }>(table: Table<Row>, view: TableView): readonly string[] {
  const { paint, selected, height } = view;
  const columns = fitting(table.columns, view.columns);
  const rest = view.columns - columns.reduce((total, { width }) => total + width, 0);
  const width = Math.min(nameMax, rest);
  const at = Math.max(
    0,
    table.rows.findIndex(({ name }) => name === selected),
  );
  const first = height > 0 ? Math.floor(at / height) * height : 0;
  const rows = table.rows.slice(first, first + height);
  const sortedBy = columns[view.order.column];
  // What it is sorted by is in capitals; there is no room for more.
  const sorted = (title: string): string => `${view.order.isReversed ? '^' : ''}${title.toUpperCase()}`;
  const part =
    rows.length < table.all ? ` ${rows.length === 0 ? 0 : first + 1}-${first + rows.length} of ${table.all}` : '';
  const heads = columns.map((column) => right(column === sortedBy ? sorted(column.title) : column.title, column.width));
  const name = `  ${table.title}${part}`;
  const head = paint('head', `${left(name, width)}${heads.join('')}`);
  return [
    head,
    ...rows.map((row) => {
      const cells = columns.map((column) => ({
        text: ` ${right(plain(column.text(row)), column.width - 1)}`,
        style: column.style?.(row) ?? 'plain',
      }));
      const mark = row.name === selected ? '> ' : '  ';
      const label = left(`${mark}${plain(row.name)}`, width);
      if (row.name === selected) return paint('selected', `${label}${cells.map(({ text }) => text).join('')}`);
      return `${label}${cells.map(({ text, style }) => (style === 'plain' ? text : paint(style, text))).join('')}`;
    }),
  ];
}

/** The first of them that leave room for a name. */
function fitting<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  let left = width - nameMin;
  const end = columns.findIndex((column) => {
    left -= column.width;
    return left < 0;
  });
  return end === -1 ? columns : columns.slice(0, end);
}

function inside(sections: readonly Section[], { inside: name = '', scroll }: View, size: Size, paint: Paint) {
  const lines = sections.flatMap(({ title: text, head, rows }) => {
    const widths = head.map((cell, column) =>
      Math.max(cell.length, ...rows.map((row) => plain(row[column] ?? '').length)),
    );
    const line = (cells: readonly string[]): string =>
      cut(
        cells
          .map((cell, column) => left(plain(cell), widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
        size.columns,
      );
    return ['', cut(text, size.columns), paint('head', left(line(head), size.columns)), ...rows.map(line)];
  });
  const heading = `${plain(name)}${lines.length === 0 ? ': nothing is known of it now' : ''}`;
  // The last line stays on the screen.
  const first = Math.min(scroll, Math.max(0, lines.length + 1 - size.rows));
  return [cut(heading, size.columns), ...lines.slice(first)];
}

function footer(
  { isFiltering, filter, inside: name, isHelp, isPaused }: View,
  { columns }: Size,
  paint: Paint,
): string {
  if (isFiltering) return cut(`filter: ${filter}_   Enter keeps it, Esc takes it away`, columns);
  const keys = isHelp
    ? 'any key goes back'
    : name === undefined
      ? `q quit  Enter look into  Tab table  s sort  r turn  / filter  p ${isPaused ? 'go on' : 'pause'}  ? help`
      : 'Esc back  arrows scroll  p pause  q quit  ? help';
  return paint('quiet', cut(filter === '' ? keys : `[${filter}]  ${keys}`, columns));
}

const help: readonly string[] = [
  'q, Ctrl-C       ends                       up, down, j, k   moves the mark',
  'Enter           looks into what is marked  PgUp, PgDn, Home, End  further',
  'Esc, Backspace  goes back                  Tab              the other table',
  's, >  S, <      sorts by another column    r                turns the order (^)',
  '/               shows what has these letters in its name',
  'p, Space        holds the picture, and lets it go on',
  '',
  'calls/s  requests of callers for this name      runs/s  those of pipelines too',
  'fail     part that failed                       refuse  part that was refused',
  'p50 p99  time of answered calls; of a pipeline that others use, of its runs',
  'queue    requests that wait                     batch   rows of a run, the mean',
  'wait99 run99  p99 of waiting, and of running    busy    workers of those that may',
  'loop99   how late the event loop is             flight  requests in flight',
  'tries/s  what the gateway asked of a service; its fail, p50 and p99 are of these',
];
