import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { aGeneration, aJob, bytesOf, claimOf, claimOne, refusal, textOf } from '../../testing/samples.ts';
import { openSqliteWork } from './open-sqlite-work.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-jobs-'));
after(() => rmSync(root, { recursive: true }));
const newFolder = (): string => mkdtempSync(join(root, 'mesh-'));
const fileOf = (folder: string): string => join(folder, '.sheaf/jobs/jobs.db');

/** With all that still stood in the log beside it: of two threads that close at once, neither may have been the last. */
function wholeFile(folder: string): Buffer {
  const db = new DatabaseSync(fileOf(folder));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return readFileSync(fileOf(folder));
}

describe('jobs in SQLite', () => {
  it('are there after they were closed, with the leases that were held', async () => {
    const folder = newFolder();
    const before = await openSqliteWork(folder);
    await before.jobs.submit([aJob(), aJob({ tenant: 'umbrella' })]);
    const lease = await claimOne(before);
    const all = await before.jobs.list({});
    await before.close();
    const again = await openSqliteWork(folder);
    assert.deepEqual(await again.jobs.list({}), all);
    assert.equal(await again.jobs.complete(lease, { kind: 'succeeded', result: bytesOf('3') }), true);
    assert.equal(textOf(await again.jobs.result(lease.jobId)), '3');
    await again.close();
  });

  it('are told to whoever listens in another process that has them open', async () => {
    const folder = newFolder();
    const [one, other] = [await openSqliteWork(folder), await openSqliteWork(folder, { pollMs: 5 })];
    const heard = new Promise<string>((resolve) => {
      other.jobs.onChange(([change]) => resolve(`${change?.tenant} ${change?.state}`));
    });
    assert.deepEqual(await other.jobs.list({}), []);
    let isHeard = false;
    void heard.then(() => {
      isHeard = true;
    });
    // What is told begins a moment after somebody listens.
    while (!isHeard) {
      await one.jobs.submit([aJob()]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(await heard, 'acme queued');
    await Promise.all([one.close(), other.close()]);
  });

  it('are refused when there is no room for them, change nothing, and go on when there is', async () => {
    const folder = newFolder();
    const work = await openSqliteWork(folder, { bytesMax: 120 * 4_096 });
    let [kept, refused]: [number, unknown] = [0, undefined];
    const payload = new Uint8Array(4_000);
    while (refused === undefined && kept < 500)
      await work.jobs.submit([aJob({ payload })]).then(
        () => (kept += 1),
        (error) => (refused = error),
      );
    refusal('RESOURCE_EXHAUSTED', 'JOBS_FULL', /nothing was changed/)(refused);
    assert.ok(kept > 5, `${kept} found room`);
    assert.equal((await work.jobs.list({}, { limit: 1_000 })).length, kept);
    assert.deepEqual((await work.jobs.counts()).counts, [
      { tenant: 'acme', kind: 'infer', state: 'queued', count: kept },
    ]);
    await work.close();
    const roomier = await openSqliteWork(folder);
    for (const lease of await roomier.jobs.claim(claimOf({ count: 10 })))
      assert.equal(await roomier.jobs.complete(lease, { kind: 'succeeded', result: payload }), true);
    await roomier.close();
  });

  it('change nothing while another process holds the file, and are looked up all the same', async () => {
    const folder = newFolder();
    const work = await openSqliteWork(folder, { lockWaitMs: 50 });
    await aGeneration(work, [3]);
    const db = new DatabaseSync(fileOf(folder));
    db.exec('BEGIN IMMEDIATE');
    await assert.rejects(work.jobs.submit([aJob()]), refusal('UNAVAILABLE', 'JOBS_LOCKED'));
    assert.equal((await work.predictions.get('digits', ['k1', 'k2']))?.predictions.length, 2);
    assert.deepEqual(await work.jobs.list({ kinds: ['infer'] }), []);
    db.exec('COMMIT');
    db.close();
    await work.jobs.submit([aJob()]);
    await work.close();
  });

  it('are refused at the start where their file is damaged, of something else, or of a newer version', async () => {
    const damaged = newFolder();
    const work = await openSqliteWork(damaged);
    await aGeneration(work, [200]);
    await work.close();
    const bytes = wholeFile(damaged);
    bytes.fill(0x5a, 4_096, 5 * 4_096);
    writeFileSync(fileOf(damaged), bytes);
    await assert.rejects(openSqliteWork(damaged), refusal('DATA_LOSS', 'JOBS_CORRUPT', /left as it is/));
    assert.deepEqual(readFileSync(fileOf(damaged)), bytes);
    for (const [sql, reason] of [
      ['PRAGMA application_id = 7', 'JOBS_FOREIGN'],
      ['PRAGMA user_version = 99', 'JOBS_NEWER'],
    ] as const) {
      const folder = newFolder();
      await (await openSqliteWork(folder)).close();
      const db = new DatabaseSync(fileOf(folder));
      db.exec(sql);
      db.close();
      await assert.rejects(openSqliteWork(folder), refusal('FAILED_PRECONDITION', reason));
    }
  });

  it('are opened without a look at all of a large file, whose damage is told when it is read', async () => {
    const folder = newFolder();
    await (await openSqliteWork(folder)).close();
    const db = new DatabaseSync(fileOf(folder));
    db.exec('CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(40 * 1024 * 1024))');
    db.close();
    const whole = await openSqliteWork(folder);
    const [{ record } = assert.fail()] = await whole.jobs.submit([aJob()]);
    await whole.close();
    const bytes = wholeFile(folder);
    // Every page that has the job, none of which is read at the start.
    let pages = 0;
    for (let at = bytes.indexOf(record.id); at >= 0; at = bytes.indexOf(record.id), pages++)
      bytes.fill(0x5a, at - (at % 4_096), at - (at % 4_096) + 4_096);
    assert.ok(pages > 0);
    writeFileSync(fileOf(folder), bytes);
    const damaged = await openSqliteWork(folder);
    const listed = await damaged.jobs.list({}).catch((error: unknown) => error);
    await damaged.close();
    refusal('DATA_LOSS', 'JOBS_CORRUPT')(listed);
  });
});
