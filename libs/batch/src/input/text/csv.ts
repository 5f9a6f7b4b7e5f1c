/** CSV, as spreadsheets, R, pandas and databases write it. The only file that imports the parser. */
import { parse } from 'csv-parse/sync';
import { wrongInput } from '../refusals.ts';
import { createScanner } from './scan-records.ts';
import type { RecordReading, TextFormat } from './text-format.ts';

/** Those that are looked for where nobody says which. */
const delimiters = [',', ';', '\t', '|'] as const;
const columnsMax = 10_000;
const [carriageReturn] = [13];

/** A file whose first line is `sep=;`, which Excel heeds and hides. */
const separatorLine = /^sep=(.)\r?\n/;

interface Head {
  /** Bytes before the header. */
  readonly skip: number;
  /** The header with its line end; empty where the file is. */
  readonly header: Buffer;
  /** What the file says itself. */
  readonly delimiter: string | undefined;
}

/** `start`: the first bytes of the first file. Throws INVALID_ARGUMENT where they have no header. */
export function csvFormat(start: Buffer, file: string, given: string | undefined): TextFormat {
  const head = headOf(start, file);
  const delimiter = given ?? head.delimiter ?? guessDelimiter(head.header);
  const names = readHeader(head, delimiter, file);
  const columns = names.map((name) => ({ name, type: 'text' }));
  const cellsOf = (record: readonly string[]): RecordReading =>
    record.length === names.length
      ? new Map(names.map((name, index) => [name, record[index] ?? '']))
      : `want ${names.length} cells, as the header has, got ${record.length}`;
  const rules = { delimiter: delimiter.charCodeAt(0), blanks: [carriageReturn] };
  return {
    columns,
    rules,
    headBytes(bytes, name) {
      const own = headOf(bytes, name);
      const ownNames = own.header.byteLength === 0 ? names : readHeader(own, delimiter, name);
      if (ownNames.join('\n') !== names.join('\n'))
        throw wrongInput(
          `${name}: want the columns of the first file, ${names.join(', ')}, got ${ownNames.join(', ')}`,
        );
      return own.skip + own.header.byteLength;
    },
    readAll(text, count) {
      const records = split(text, delimiter);
      return records?.length === count ? records.map(cellsOf) : undefined;
    },
    readOne(text) {
      const records = split(text, delimiter);
      if (records?.length === 1) return cellsOf(records[0] ?? []);
      return 'want cells whose quotes are closed before the next delimiter, got something behind a closing quote';
    },
  };
}

/** Undefined where quotes are not as they have to be. A quote in the middle of a cell without quotes is one of its characters. */
function split(text: string, delimiter: string): string[][] | undefined {
  try {
    return parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n'],
    });
  } catch {
    return undefined;
  }
}

function headOf(start: Buffer, file: string): Head {
  if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff))
    throw wrongInput(`${file}: want UTF-8, got UTF-16; save it as "CSV UTF-8", or convert it with iconv`);
  if (start.subarray(0, headLook).includes(0)) throw wrongInput(`${file}: want CSV, got bytes that are no text`);
  const mark = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0;
  const [line = '', separator] = separatorLine.exec(start.toString('latin1', mark, mark + 8)) ?? [];
  const skip = mark + line.length;
  const rest = start.subarray(skip);
  // The delimiter is not known yet; none of them ends a record.
  const [end] = createScanner({ delimiter: 44, blanks: [carriageReturn] }).scan(rest);
  return { skip, header: rest.subarray(0, end ?? rest.byteLength), delimiter: separator };
}

/** As many bytes as are looked at to tell a text from something else. */
const headLook = 4_096;

/** The one that stands most often outside of quotes; a comma where there is none of them. */
function guessDelimiter(header: Buffer): string {
  const bare = header.toString('utf8').replace(/"[^"]*"/g, '');
  const counted = delimiters.map((one) => [one, bare.split(one).length] as const);
  return counted.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function readHeader({ header }: Head, delimiter: string, file: string): string[] {
  const [names] = split(header.toString('utf8'), delimiter) ?? [];
  if (!names || names.every((name) => name === ''))
    throw wrongInput(`${file}: want a header with the names of the columns, got none`);
  if (names.length > columnsMax) throw wrongInput(`${file}: want at most ${columnsMax} columns, got ${names.length}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrongInput(`${file}: the header has the column "${twice}" twice`);
  return names;
}
