/** Jobs and batches for the tests, a worker that does nothing, and a look at refusals. */
import assert from 'node:assert/strict';
import { InferError, type InferErrorCode } from '@sheaf/inference';
import type { BatchRecord, ChunkCommit, NewBatch, NewChunk, PredictionRow } from '../batch.ts';
import type { JobKind, NewJob } from '../job.ts';
import type { ClaimRequest } from '../job-store.ts';
import type { Lease } from '../lease.ts';
import type { Work } from '../work.ts';

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const textOf = (bytes: unknown): string => {
  assert.ok(bytes instanceof Uint8Array, 'bytes');
  return Buffer.from(bytes).toString();
};

export const aJob = (changes: Partial<NewJob> = {}): NewJob => ({
  kind: 'infer',
  tenant: 'acme',
  principal: 'trusted',
  subject: 'digits',
  version: '3',
  payload: bytesOf('three'),
  ...changes,
});

export const aBatch = (changes: Partial<NewBatch> = {}): NewBatch => ({
  tenant: 'acme',
  principal: 'trusted',
  subject: 'digits',
  version: '3',
  spec: '{"path":"/in.csv"}',
  ...changes,
});

/** Chunks of so many rows each, one behind the other. */
export function someChunks(sizes: readonly number[], from = 0, firstRow = 1): NewChunk[] {
  let row = firstRow;
  return sizes.map((rows, index) => {
    const chunk = { chunk: from + index, firstRow: row, rows, place: JSON.stringify({ firstRow: row, rows }) };
    row += rows;
    return chunk;
  });
}

export const aRow = (row: number, key = `k${row}`, text = `of ${row}`): PredictionRow => ({
  ...{ row, key },
  outputs: bytesOf(text),
  inputHash: bytesOf(`hash ${row}`),
});

/** All rows of a chunk, of which those in `wrong` have errors. */
export function aCommit(
  { firstRow, rows }: Omit<NewChunk, 'place' | 'chunk'>,
  wrong: readonly number[] = [],
): ChunkCommit {
  const all = Array.from({ length: rows }, (_, index) => firstRow + index);
  return {
    rows: all.filter((row) => !wrong.includes(row)).map((row) => aRow(row)),
    errors: all
      .filter((row) => wrong.includes(row))
      .map((row) => ({ row, key: `k${row}`, column: 'age', code: 'INVALID_ARGUMENT', message: `row ${row} is wrong` })),
  };
}

export const claimOf = (changes: Partial<ClaimRequest> = {}): ClaimRequest => ({
  worker: 'w1',
  count: 1,
  leaseMs: 1_000,
  ...changes,
});

/** The one job that may begin. */
export async function claimOne({ jobs }: Work, ...kinds: readonly JobKind[]): Promise<Lease> {
  const [lease, ...more] = await jobs.claim(claimOf(kinds.length > 0 ? { kinds } : {}));
  assert.ok(lease && more.length === 0, 'a job may begin');
  return lease;
}

/** A batch that was cut into chunks of such sizes. */
export async function cutBatch(
  work: Work,
  sizes: readonly number[],
  changes: Partial<NewBatch> = {},
): Promise<BatchRecord> {
  const { record } = await work.batches.create(aBatch(changes));
  const cut = await claimOne(work, 'cut');
  assert.equal(cut.job.batch, record.id);
  assert.equal(await work.batches.addChunks(cut, someChunks(sizes)), true);
  assert.equal(await work.jobs.complete(cut, { kind: 'succeeded' }), true);
  return record;
}

/** Commits chunks that wait, as long as there are some; answers how many. */
export async function runChunks(
  work: Work,
  wrong: readonly number[] = [],
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  for (let done = 0; ; done++) {
    const [lease] = done < most ? await work.jobs.claim(claimOf({ kinds: ['chunk'] })) : [];
    if (!lease) return done;
    const commit = aCommit(JSON.parse(textOf(lease.payload)), wrong);
    assert.equal(await work.jobs.complete(lease, { kind: 'chunk', commit }), true);
  }
}

/** A whole batch, promoted. */
export async function aGeneration(
  work: Work,
  sizes: readonly number[],
  changes: Partial<NewBatch> = {},
): Promise<BatchRecord> {
  const record = await cutBatch(work, sizes, changes);
  await runChunks(work);
  const finish = await claimOne(work, 'finish');
  const expectedEpoch = (await work.predictions.current(record.collection))?.epoch ?? 0;
  const commit = { kind: 'promote', expectedEpoch, report: '{}' } as const;
  assert.equal(await work.jobs.complete(finish, { kind: 'finish', commit }), true);
  return record;
}

/** Matches an InferError whose sentence tells nothing of ours. */
export const refusal =
  (code: InferErrorCode, reason: string, message: RegExp = /./) =>
  (error: unknown): true => {
    assert.ok(error instanceof InferError, String(error));
    assert.deepEqual([error.code, error.reason], [code, reason], error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\/tmp|SELECT|INSERT|sqlite|postgres|undefined/i);
    return true;
  };

/** Texts that something between the caller and the disk might take for more than text. */
export const hostileTexts = [
  '__proto__',
  'constructor',
  `'; DROP TABLE jobs; --`,
  `"quoted" 'twice' \`thrice\``,
  '𝄞 and 😀, four bytes each',
  ' padded \r\n',
  '\u2028\ufeff\ufffd',
  '%s ?1 :key $1 {}',
];

/** A test of a store of its own, which is closed after it. */
export type WithWork = (test: (work: Work, clock: { now: number }) => Promise<void>) => () => Promise<void>;
