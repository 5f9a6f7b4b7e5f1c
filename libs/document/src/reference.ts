/** Tables of a reference page, from the definitions that the parser reads by. */
import type { Fields } from './record.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A row for each key; a `?` behind one says that it may be left out. */
export function fieldsTable(fields: Fields): string {
  const rows = Object.entries(fields).map(
    ([key, { reader, required, doc }]) =>
      `| \`${key}\`${required ? '' : ' ?'} | ${cell(doc)} | ${cell(reader.expected)} |`,
  );
  return ['| key | is | wants |', '|---|---|---|', ...rows].join('\n');
}

/** The keys of all kinds of a mapping, each once. */
export const kindsTable = (kinds: Readonly<Record<string, Fields>>): string =>
  fieldsTable(Object.fromEntries(Object.values(kinds).flatMap((fields) => Object.entries(fields))));
