import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packBytes, type Tensor, tensorOf } from '@sheaf/inference';
import { readAll } from '../testing/read-all.ts';
import type { Predicted } from './predicted.ts';
import { createTableWriter, type ExportFormat } from './table-writer.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-export-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const texts = (name: string, ...words: string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [words.length],
  data: packBytes(words),
});

const row = (key: string, id: bigint, score: number): Predicted => ({
  key,
  outputs: [
    tensorOf('id', 'INT64', [], BigInt64Array.of(id)),
    tensorOf('u', 'UINT32', [], Uint32Array.of(4_294_967_295)),
    tensorOf('w', 'UINT64', [], BigUint64Array.of(2n ** 64n - 1n)),
    tensorOf('ok', 'BOOL', [], Uint8Array.of(1)),
    tensorOf('scores', 'FP32', [2], Float32Array.of(score, Number.NaN)),
    tensorOf('m', 'INT8', [2, 2], Int8Array.of(-1, 2, 3, 4)),
    tensorOf('none', 'FP64', [0], new Float64Array()),
    texts('version', 'a,"b"', 'ö'),
  ],
  version: '3',
  generation: 7,
  computedAt: Date.parse('2026-01-02T03:04:05.678Z'),
});

const rows = [row('k,1', 9_007_199_254_740_993n, 0.5), row('k2', -1n, -1.5)];

async function written(format: ExportFormat, pages: readonly (readonly Predicted[])[]): Promise<string> {
  const path = join(folder, `out.${format}`);
  const writer = await createTableWriter(path, format);
  for (const page of pages) await writer.write(page);
  await writer.end();
  await writer.abandon();
  return path;
}

describe('predictions', () => {
  for (const format of ['parquet', 'csv', 'ndjson'] as const)
    it(`come out of ${format} as they went in`, async () => {
      const path = await written(
        format,
        rows.map((one) => [one]),
      );
      const read = (await readAll({ path }, 100)).rows.map(({ cells, error }) => error ?? Object.fromEntries(cells));
      const isText = format === 'csv';
      const as = (value: unknown): unknown =>
        isText ? (typeof value === 'object' ? JSON.stringify(value) : String(value)) : value;
      const want = (key: string, id: bigint, score: number) => ({
        key,
        id: format === 'ndjson' && id === -1n ? -1 : as(id),
        u: as(4_294_967_295),
        w: as(2n ** 64n - 1n),
        ok: as(true),
        scores: as([score, format === 'parquet' ? Number.NaN : 'NaN']),
        m: as([
          [-1, 2],
          [3, 4],
        ]),
        none: as([]),
        output_version: as(['a,"b"', 'ö']),
        version: '3',
        generation: as(7),
        computed_at: `2026-01-02T03:04:05.678Z`,
      });
      assert.deepEqual(read, [want('k,1', 9_007_199_254_740_993n, 0.5), want('k2', -1n, -1.5)]);
    });

  it('of no rows are a table without rows', async () => {
    assert.equal(await readFile(await written('csv', []), 'utf8'), 'key,version,generation,computed_at\n');
    assert.deepEqual((await readAll({ path: await written('parquet', []) })).rows, []);
  });

  it('leave nothing behind where they are given up, and no table is half written', async () => {
    const path = join(folder, 'given-up.csv');
    const writer = await createTableWriter(path, 'csv');
    await writer.write(rows);
    await writer.abandon();
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('given-up')),
      [],
    );
    await assert.rejects(createTableWriter(join(folder, 'none/x.csv'), 'csv'), {
      code: 'INVALID_ARGUMENT',
      message: /cannot be written \(ENOENT\)/,
    });
  });

  it('that are of another kind than the first are refused where a table has columns', async () => {
    const other = { ...row('k3', 1n, 1), outputs: [texts('id', 'x')] };
    for (const format of ['csv', 'parquet'] as const) {
      const writer = await createTableWriter(join(folder, `mixed.${format}`), format);
      await assert.rejects(
        async () => {
          await writer.write([...rows, other]);
          await writer.end();
        },
        {
          message:
            'key "k3": output "id": want INT64 with 0 dimensions, as the first rows have, got BYTES [1]; a table of ndjson has rows of any kind',
        },
      );
      await writer.abandon();
    }
  });
});
