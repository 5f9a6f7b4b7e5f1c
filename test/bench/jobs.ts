/**
 * `npm run bench:jobs`: how many jobs are submitted durably each second, against bare transactions of SQLite in the same folder; and how long look-ups
 * take among `--rows N` predictions (default 1,000,000). `--folder F` says where (default the system's folder for temporary files).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { openWork, type Work } from '@sheaf/jobs';
import { table } from '@sheaf/terminal';
import { aBatch, aJob, claimOne, textOf } from '../../libs/jobs/src/testing/samples.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, folder: { type: 'string', default: tmpdir() } },
});
const rows = Number(values.rows);
const root = mkdtempSync(join(values.folder, 'sheaf-jobs-'));
const chunkRows = 1_000;
const seconds = 3;
const payload = new Uint8Array(1_024);

/** Transactions of one insert each, one after the other, with the same promises about the disk. */
function bareTransactions(): number {
  const db = new DatabaseSync(join(root, 'bare.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB)');
  const insert = db.prepare('INSERT INTO t (bytes) VALUES (?)');
  const until = performance.now() + seconds * 1_000;
  let done = 0;
  for (; performance.now() < until; done++) insert.run(payload);
  db.close();
  return done / seconds;
}

async function submits({ jobs }: Work, callers: number): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let done = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (; performance.now() < until; done++) await jobs.submit([aJob({ payload })]);
    }),
  );
  return done / seconds;
}

/** A batch of so many rows; answers rows a second. */
async function build(work: Work): Promise<number> {
  const start = performance.now();
  await work.batches.create(aBatch({ priority: 9 }));
  const cut = await claimOne(work, 'cut');
  for (let chunk = 0; chunk * chunkRows < rows; chunk += 500) {
    const chunks = Array.from({ length: Math.min(500, rows / chunkRows - chunk) }, (_, index) => {
      const firstRow = (chunk + index) * chunkRows + 1;
      return { chunk: chunk + index, firstRow, rows: chunkRows, place: `${firstRow}` };
    });
    await work.batches.addChunks(cut, chunks);
  }
  await work.jobs.complete(cut, { kind: 'succeeded' });
  const outputs = new Uint8Array(64);
  const inputHash = new Uint8Array(32);
  for (;;) {
    const leases = await work.jobs.claim({ worker: 'bench', kinds: ['chunk'], count: 4, leaseMs: 600_000 });
    if (leases.length === 0) break;
    await Promise.all(
      leases.map((lease) => {
        const firstRow = Number(textOf(lease.payload));
        const all = Array.from({ length: chunkRows }, (_, index) => firstRow + index);
        const predicted = all.map((row) => ({ row, key: keyOf(row), outputs, inputHash }));
        return work.jobs.complete(lease, { kind: 'chunk', commit: { rows: predicted, errors: [] } });
      }),
    );
  }
  const finish = await claimOne(work, 'finish');
  const commit = { kind: 'promote', expectedEpoch: 0, report: '{}' } as const;
  await work.jobs.complete(finish, { kind: 'finish', commit });
  return rows / ((performance.now() - start) / 1_000);
}

/** Keys come in no order, as those of customers do. */
const keyOf = (row: number): string => `customer-${(row * 2_654_435_761) % 4_294_967_291}`;

async function lookUps(work: Work, keys: number): Promise<string[]> {
  const times: number[] = [];
  for (let index = 0; index < 5_000; index++) {
    const wanted = Array.from({ length: keys }, () => keyOf(1 + Math.floor(Math.random() * rows)));
    const start = performance.now();
    const found = await work.predictions.get('digits', wanted);
    times.push(performance.now() - start);
    if (found?.predictions.some((one) => one === undefined)) throw new Error('a key that was predicted is not found');
  }
  times.sort((a, b) => a - b);
  return [0.5, 0.99].map((share) => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(3)} ms`);
}

try {
  const work = await openWork(root);
  const [bare, one, many] = [bareTransactions(), await submits(work, 1), await submits(work, 64)];
  const ratio = (rate: number): string => (rate / bare).toFixed(2);
  console.log(
    table([
      ['', 'a second', 'of bare'],
      ['bare SQLite transactions', bare.toFixed(0), '1.00'],
      ['submits, one caller', one.toFixed(0), ratio(one)],
      ['submits, 64 callers', many.toFixed(0), ratio(many)],
      ['rows of chunks', (await build(work)).toFixed(0), ''],
    ]),
  );
  console.log(
    table([
      [`look-ups among ${rows} rows`, 'p50', 'p99'],
      ['1 key', ...(await lookUps(work, 1))],
      ['100 keys', ...(await lookUps(work, 100))],
    ]),
  );
  await work.close();
} finally {
  rmSync(root, { recursive: true, force: true });
}
