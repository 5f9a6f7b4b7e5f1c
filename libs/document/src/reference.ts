/** The parts of a reference page and the JSON Schema of a document, from the definitions that its reader reads by. */
import type { JsonSchema, Reader } from './reader.ts';
import type { Fields } from './record.ts';

/** The JSON Schema (draft 2020-12) of a document, for editors. */
export function documentSchema(title: string, document: Reader<unknown>): JsonSchema {
  const definitions = new Map<string, JsonSchema>();
  const schema = document.schema(definitions);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    ...schema,
    ...(definitions.size > 0 ? { $defs: Object.fromEntries(definitions) } : {}),
  };
}

/** A part of the page: a heading, and paragraphs, tables and examples below it. */
export const section = (title: string, ...parts: readonly string[]): string => [`## ${title}`, ...parts].join('\n\n');

/** An example in YAML. */
export const fenced = (code: string): string => `\`\`\`yaml\n${code.trim()}\n\`\`\``;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const cellCharsMax = 90;

/** A mapping of many keys has a table of its own on the page. */
const wanted = (expected: string): string =>
  expected.startsWith('a mapping of ') && expected.length > cellCharsMax ? 'a mapping of the keys below' : expected;

/** A row for each key; a `?` behind one says that it may be left out. */
export function fieldsTable(fields: Fields): string {
  const rows = Object.entries(fields).map(
    ([key, { reader, kind, doc }]) =>
      `| \`${key}\`${kind === 'required' ? '' : ' ?'} | ${cell(doc)} | ${cell(wanted(reader.expected))} |`,
  );
  return ['| key | is | wants |', '|---|---|---|', ...rows].join('\n');
}

/** The keys of all kinds of a mapping, each once. */
export const kindsTable = (kinds: Readonly<Record<string, Fields>>): string =>
  fieldsTable(Object.fromEntries(Object.values(kinds).flatMap((fields) => Object.entries(fields))));
