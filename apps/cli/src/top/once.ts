/** What `sheaf top --once` prints. */
import { table } from '@sheaf/terminal';
import { type Column, nameColumns, serviceColumns } from './draw/columns.ts';
import { plain } from './draw/text.ts';
import type { Facts } from './look.ts';
import { firstView, shown } from './view.ts';

/** All columns, however wide that is. */
export function onceText({ rows }: Facts): string {
  const { names, services } = shown(rows, firstView);
  return `${tableOf('model or pipeline', names, nameColumns)}\n\n${tableOf('service', services, serviceColumns)}`;
}

const tableOf = <Row extends { readonly name: string }>(
  title: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): string =>
  table([
    [title, ...columns.map((column) => column.title)],
    ...rows.map((row) => [plain(row.name), ...columns.map(({ text }) => plain(text(row)))]),
  ]);

/** Keys may be added; none is taken away. What nobody knows is null. */
export function onceJson({ seconds, mesh, rows }: Facts): string {
  const byName = <Row extends { readonly name: string }>(all: readonly Row[]): readonly Row[] =>
    all.toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
  const told = { seconds, mesh, names: byName(rows.names), services: byName(rows.services) };
  return JSON.stringify(told, (_key, value: unknown) => (value === undefined ? null : value));
}
