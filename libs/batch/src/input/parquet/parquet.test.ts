import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { collect, readAll } from '../../testing/read-all.ts';
import { openInput } from '../open-input.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-parquet-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function written(columnData: ColumnSource[], name = 'in.parquet', rowGroupSize = 10): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize })));
  return path;
}

const numbers = (count: number): ColumnSource[] => [
  { name: 'id', data: Array.from({ length: count }, (_, row) => 2n ** 53n + BigInt(row)), type: 'INT64' },
  { name: 'x', data: Array.from({ length: count }, (_, row) => (row % 5 === 0 ? null : row / 2)), type: 'DOUBLE' },
];

describe('Parquet', () => {
  it('is cut within its row groups, and read by anybody from any chunk', async () => {
    const path = await written(numbers(25));
    const { rows, chunks } = await readAll({ path }, 4);
    assert.deepEqual(
      chunks.map(({ rows: count }) => count),
      [4, 4, 2, 4, 4, 2, 4, 1],
    );
    assert.deepEqual(
      rows.map(({ row }) => row),
      Array.from({ length: 25 }, (_, row) => row + 1),
    );
    assert.deepEqual(
      rows.map(({ cells }) => cells.get('id')),
      Array.from({ length: 25 }, (_, row) => 2n ** 53n + BigInt(row)),
    );
    assert.deepEqual(
      rows.slice(4, 7).map(({ cells }) => cells.get('x')),
      [2, null, 3],
    );
    const input = await openInput({ path });
    const all = await collect(input.cut({ rowsMax: 4 }));
    assert.deepEqual(await collect(input.cut({ rowsMax: 4, after: all[3] })), all.slice(4));
    assert.deepEqual([...((await collect(input.read(all[6] ?? assert.fail(), ['x'])))[0]?.cells.keys() ?? [])], ['x']);
    await input.close();
  });

  it('that is damaged is refused in a sentence, wherever it is cut off', async () => {
    const whole = await readFile(await written(numbers(100)));
    for (const size of [0, 3, 11, 40, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      const path = join(folder, 'cut.parquet');
      await writeFile(path, whole.subarray(0, size));
      await assert.rejects(
        readAll({ path }),
        { name: 'InferError', code: 'INVALID_ARGUMENT', message: /^cut\.parquet: / },
        `${size} bytes`,
      );
    }
    const path = join(folder, 'text.parquet');
    await writeFile(path, 'id,x\n1,2\n3,4\n');
    await assert.rejects(readAll({ path }), /want a Parquet file, which begins with PAR1/);
  });

  it('whose bytes are changed anywhere is refused, or is read; nothing else', async () => {
    const whole = await readFile(await written(numbers(30)));
    const path = join(folder, 'flipped.parquet');
    for (let at = 4; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      await writeFile(path, bytes);
      await readAll({ path }, 100).catch((error: { readonly name: string; readonly code: string }) =>
        assert.deepEqual([error.name, error.code], ['InferError', 'INVALID_ARGUMENT'], `byte ${at}: ${error}`),
      );
    }
  });

  it('whose page claims to hold gigabytes is refused before it is unpacked', async () => {
    const path = await written(
      [{ name: 'x', data: new Int32Array(1_000), type: 'INT32', encoding: 'PLAIN' }],
      'bomb.parquet',
      1_000,
    );
    const bytes = await readFile(path);
    // The header of the page, behind PAR1, begins with its kind and its size in two bytes of a variable length; more follow here.
    assert.deepEqual([...bytes.subarray(4, 7)], [0x15, 0x06, 0x15]);
    const size = bytes.indexOf(0x15, 7);
    const bomb = Buffer.concat([
      bytes.subarray(0, 7),
      Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]),
      bytes.subarray(size),
    ]);
    // What moved is not told: the page is looked at before anything else is missed.
    await writeFile(path, bomb);
    await assert.rejects(readAll({ path }, 1_000), {
      code: 'INVALID_ARGUMENT',
      message: /bomb\.parquet: .*want pages of at most 134217728 bytes, got one of 2147483647/,
    });
  });
});
