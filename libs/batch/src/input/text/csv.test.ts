import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Row } from '../../rows/row.ts';
import { collect, readAll } from '../../testing/read-all.ts';
import { openInput } from '../open-input.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-csv-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function written(content: string | Uint8Array, name = 'in.csv'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const cellsOf = (rows: readonly Row[]): unknown[] =>
  rows.map(({ cells, error }) => error?.message ?? [...cells.values()]);

describe('CSV', () => {
  it('is cut where records end, and not where lines do', async () => {
    const path = await written('a,b\n1,"two\nlines"\n2,"a ""quote"", and a comma"\r\n3,\n\n4,x');
    const { rows, chunks } = await readAll({ path });
    assert.deepEqual(cellsOf(rows), [
      ['1', 'two\nlines'],
      ['2', 'a "quote", and a comma'],
      ['3', ''],
      ['4', 'x'],
    ]);
    assert.deepEqual(
      rows.map(({ row }) => row),
      [1, 2, 3, 4],
    );
    assert.deepEqual(
      chunks.map(({ firstRow, rows }) => [firstRow, rows]),
      [
        [1, 2],
        [3, 2],
      ],
    );
  });

  it('of Excel has a byte order mark, semicolons, carriage returns, and perhaps a line that says so', async () => {
    const path = await written('\ufeffname;"größe"\r\n"Mül;ler";1,5\r\n');
    assert.deepEqual(
      (await openInput({ path })).columns.map(({ name }) => name),
      ['name', 'größe'],
    );
    assert.deepEqual(cellsOf((await readAll({ path })).rows), [['Mül;ler', '1,5']]);
    const other = await written('sep=|\r\na,x|b\r\n1|2\r\n');
    assert.deepEqual(cellsOf((await readAll({ path: other })).rows), [['1', '2']]);
  });

  it('of R has a column without a name, and quotes in the middle of a cell are its own', async () => {
    const path = await written('"","size"\n"1","5"" pipe"\n2,6" pipe\n');
    assert.deepEqual(cellsOf((await readAll({ path })).rows), [
      ['1', '5" pipe'],
      ['2', '6" pipe'],
    ]);
  });

  it('tells what is wrong with a row, and reads the rows beside it', async () => {
    const bytes = Buffer.concat([
      Buffer.from('a,b\n1,2\n3\n'),
      Buffer.from([0x34, 0x2c, 0xe9, 0x0a]),
      Buffer.from('5,6\n7,8,9\n'),
    ]);
    const { rows } = await readAll({ path: await written(bytes) }, 100);
    assert.deepEqual(cellsOf(rows), [
      ['1', '2'],
      'want 2 cells, as the header has, got 1',
      'want UTF-8, got other bytes, behind "4,"; tables of other encodings have to be converted first, as by iconv',
      ['5', '6'],
      'want 2 cells, as the header has, got 3',
    ]);
    assert.equal(rows[1]?.error?.row, 2);
  });

  it('that is no table is refused with what was wanted', async () => {
    const refused = (content: string | Uint8Array, message: RegExp, name?: string) =>
      assert.rejects(async () => readAll({ path: await written(content, name) }), {
        code: 'INVALID_ARGUMENT',
        message,
      });
    await refused('', /want a header with the names of the columns, got none/);
    await refused('a,b,a\n', /the header has the column "a" twice/);
    await refused(Buffer.from('\ufeffa;b', 'utf16le'), /want UTF-8, got UTF-16/);
    await refused(Buffer.from([1, 0, 2, 0]), /want CSV, got bytes that are no text/);
    await refused('a,b\n1,"never closed\n2,3\n', /the record that begins at byte 4 has a quote that is not closed/);
    await refused('x', /save it as CSV/, 'book.xlsx');
    await refused('x', /unpack it first/, 'table.csv.gz');
    await assert.rejects(openInput({ path: join(folder, 'none.csv') }), /cannot be read \(ENOENT\)/);
  });

  it('with a header only has no rows', async () => {
    for (const content of ['a,b', 'a,b\n', 'a,b\r\n\r\n'])
      assert.deepEqual((await readAll({ path: await written(content) })).chunks, []);
  });

  it('of several files is one table, whose parts have the same columns', async () => {
    const parts = await mkdtemp(join(folder, 'parts-'));
    await writeFile(join(parts, 'part-1.csv'), 'a,b\n3,4\n');
    await writeFile(join(parts, 'part-0.csv'), 'a,b\n1,2\n');
    await writeFile(join(parts, '_SUCCESS'), '');
    await writeFile(join(parts, '.part-0.csv.crc'), 'crc');
    const { rows } = await readAll({ path: parts });
    assert.deepEqual(cellsOf(rows), [
      ['1', '2'],
      ['3', '4'],
    ]);
    assert.deepEqual(
      rows.map(({ row }) => row),
      [1, 2],
    );
    await writeFile(join(parts, 'part-2.csv'), 'a,c\n5,6\n');
    await assert.rejects(readAll({ path: parts }), /part-2.csv: want the columns of the first file, a, b, got a, c/);
  });

  it('that has changed since it was cut is refused', async () => {
    const path = await written('a\n1\n2\n3\n');
    const input = await openInput({ path });
    const [first] = await collect(input.cut({ rowsMax: 2 }));
    assert.ok(first);
    await writeFile(path, 'a\n1\n2\n3\n4\n');
    await assert.rejects(collect(input.read(first)), {
      code: 'FAILED_PRECONDITION',
      message: /the input has changed since the batch began/,
    });
    // The same size and the same time: the bytes tell it.
    await writeFile(path, 'a\n9\n2\n3\n');
    const changedAt = first.place.kind === 'bytes' ? new Date(first.place.file.changedAt) : new Date(0);
    await utimes(path, changedAt, changedAt);
    await assert.rejects(collect(input.read(first)), /in\.csv: bytes 2 to 6 are others/);
  });

  it('goes on behind the chunk that was cut last', async () => {
    const path = await written(`a\n${Array.from({ length: 10 }, (_, row) => `${row}\n`).join('')}`);
    const input = await openInput({ path });
    const all = await collect(input.cut({ rowsMax: 3 }));
    assert.deepEqual(await collect(input.cut({ rowsMax: 3, after: all[1] })), all.slice(2));
  });

  it('comes out as it went in, whatever stands in its cells', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '🙂'), maxLength: 6 });
    // What is written without quotes has none of what needs them.
    const quoted = (text: string): string => (/["\r\n,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (table, rowsMax) => {
          const path = await written(['a,b', ...table.map((row) => row.map(quoted).join(','))].join('\n'));
          const { rows } = await readAll({ path }, rowsMax);
          assert.deepEqual(cellsOf(rows), table);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('NDJSON', () => {
  it('keeps integers exact, and tells a line that is none', async () => {
    const path = await written(
      '{"id": 9007199254740993, "x": 1.5, "v": [1, 2]}\n\n{"id": 2, "o": {"k": 9007199254740993}}\r\n[1]\n{"id": \n',
      'in.ndjson',
    );
    const { rows } = await readAll({ path });
    assert.deepEqual(
      rows[0]?.cells,
      new Map<string, unknown>([
        ['id', 9007199254740993n],
        ['x', 1.5],
        ['v', [1, 2]],
      ]),
    );
    assert.equal(rows[1]?.cells.get('o'), '{"k":"9007199254740993"}');
    assert.equal(rows[2]?.error?.message, 'want a JSON object, got a list');
    assert.match(rows[3]?.error?.message ?? '', /^want a JSON object, got none/);
    assert.deepEqual(
      (await openInput({ path })).columns.map(({ name, type }) => `${name}: ${type}`),
      ['id: number', 'x: number', 'v: list of number', 'o: text'],
    );
  });

  it('that is one list is refused with the way to make lines of it', async () => {
    await assert.rejects(async () => openInput({ path: await written('[{"a": 1}]', 'in.json') }), /jq -c/);
  });
});
