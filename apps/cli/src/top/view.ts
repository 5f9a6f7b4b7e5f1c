/** How somebody looks at a mesh, and what each key makes of that. Nothing here draws. */
import { type Column, nameColumns, serviceColumns } from './draw/columns.ts';
import type { NameRow } from './rows/names.ts';
import type { ServiceRow } from './rows/services.ts';

export type TableName = 'names' | 'services';

interface Order {
  /** Of the columns; -1 is the name. */
  readonly column: number;
  readonly isReversed: boolean;
}

export interface View {
  readonly table: TableName;
  readonly order: Readonly<Record<TableName, Order>>;
  /** By name, so that it stays when rows change places. Undefined: the first. */
  readonly selected: Readonly<Record<TableName, string | undefined>>;
  /** Rows whose names hold this are shown. */
  readonly filter: string;
  readonly isFiltering: boolean;
  readonly isPaused: boolean;
  readonly isHelp: boolean;
  /** The name that is looked into, of the table. */
  readonly inside: string | undefined;
  /** Lines of it that are above the screen. */
  readonly scroll: number;
}

/** The busiest come first. */
export const firstView: View = {
  table: 'names',
  order: {
    names: { column: nameColumns.findIndex(({ title }) => title === 'runs/s'), isReversed: false },
    services: { column: serviceColumns.findIndex(({ title }) => title === 'tries/s'), isReversed: false },
  },
  selected: { names: undefined, services: undefined },
  filter: '',
  isFiltering: false,
  isPaused: false,
  isHelp: false,
  inside: undefined,
  scroll: 0,
};

export interface Rows {
  readonly names: readonly NameRow[];
  readonly services: readonly ServiceRow[];
}

/** The rows that a view shows, in its order. */
export const shown = ({ names, services }: Rows, view: View): Rows => ({
  names: ordered(names, nameColumns, view, 'names'),
  services: ordered(services, serviceColumns, view, 'services'),
});

function ordered<Row extends { readonly name: string }>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { order, filter }: View,
  table: TableName,
): readonly Row[] {
  const { column, isReversed } = order[table];
  const by = columns[column]?.by ?? (({ name }: Row) => name);
  const sign = isReversed ? -1 : 1;
  return rows
    .filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()))
    .toSorted((one, other) => sign * compare(by(one), by(other)) || compare(one.name, other.name));
}

/** Text by its letters, numbers by size, the largest first; what is not known comes last. */
function compare(one: number | string | undefined, other: number | string | undefined): number {
  if (typeof one === 'string' && typeof other === 'string') return one.localeCompare(other, 'en', { numeric: true });
  return Number(other ?? -1) - Number(one ?? -1);
}

/** A key as `node:readline` names it; `text` is what it writes. */
export interface Key {
  readonly name?: string | undefined;
  readonly text?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

/** `rows`: those that are shown; `page`: how many lines a page has. Answers 'quit' for the keys that end. */
export function press(view: View, key: Key, rows: Rows, page: number): View | 'quit' {
  if (key.ctrl) return key.name === 'c' ? 'quit' : view;
  if (view.isFiltering) return typeFilter(view, key);
  if (key.text === 'q') return 'quit';
  if (view.isHelp) return { ...view, isHelp: false };
  const steps = stepsOf(key, page);
  if (steps !== undefined) return view.inside === undefined ? move(view, steps, rows) : scrolled(view, steps);
  return act(view, key, rows);
}

function typeFilter(view: View, { name, text = '' }: Key): View {
  if (name === 'return') return { ...view, isFiltering: false };
  if (name === 'escape') return { ...view, isFiltering: false, filter: '' };
  if (name === 'backspace') return { ...view, filter: view.filter.slice(0, -1) };
  return /^[\w.-]$/.test(text) ? { ...view, filter: view.filter + text } : view;
}

function stepsOf({ name, text }: Key, page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, k: -1, down: 1, j: 1 },
    ...{ pageup: -page, pagedown: page, home: -Infinity, end: Infinity },
  };
  return steps[name ?? text ?? ''];
}

function move(view: View, steps: number, rows: Rows): View {
  const names = rows[view.table].map(({ name }) => name);
  const at = Math.max(0, names.indexOf(view.selected[view.table] ?? ''));
  const to = names[Math.min(Math.max(0, at + steps), names.length - 1)];
  return { ...view, selected: { ...view.selected, [view.table]: to } };
}

/** How far it can go is for whoever draws to say. */
const scrolled = (view: View, steps: number): View => ({ ...view, scroll: Math.max(0, view.scroll + steps) });

function act(view: View, { name, text }: Key, rows: Rows): View {
  switch (name === 'return' || name === 'escape' || name === 'tab' || name === 'backspace' ? name : text) {
    case 'tab':
      return view.inside === undefined ? { ...view, table: view.table === 'names' ? 'services' : 'names' } : view;
    case 'return': {
      const selected = selectedOf(view, rows);
      return view.inside === undefined ? { ...view, inside: selected, scroll: 0 } : view;
    }
    case 'escape':
    case 'backspace':
      return view.inside === undefined ? { ...view, filter: '' } : { ...view, inside: undefined };
    case '/':
      return { ...view, inside: undefined, isFiltering: true };
    case 'p':
    case ' ':
      return { ...view, isPaused: !view.isPaused };
    case 's':
    case '>':
      return sorted(view, 1);
    case 'S':
    case '<':
      return sorted(view, -1);
    case 'r':
      return reversed(view);
    case 'h':
    case '?':
      return { ...view, isHelp: true };
    default:
      return view;
  }
}

/** The name that is selected, or the first where that is not shown. */
export function selectedOf({ table, selected }: Pick<View, 'table' | 'selected'>, rows: Rows): string | undefined {
  const own = rows[table];
  return (own.find(({ name }) => name === selected[table]) ?? own[0])?.name;
}

function sorted(view: View, step: number): View {
  const count = (view.table === 'names' ? nameColumns : serviceColumns).length + 1;
  const column = ((view.order[view.table].column + 1 + step + count) % count) - 1;
  return { ...view, order: { ...view.order, [view.table]: { column, isReversed: false } } };
}

function reversed(view: View): View {
  const { column, isReversed } = view.order[view.table];
  return { ...view, order: { ...view.order, [view.table]: { column, isReversed: !isReversed } } };
}
