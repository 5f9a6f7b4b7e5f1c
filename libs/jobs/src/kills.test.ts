import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import { openWork } from './index.ts';
import { killRounds } from './testing/kill-rounds.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-jobs-'));
after(() => rmSync(root, { recursive: true }));

const seedsMax = 20;

/** Bugs of a store, as triggers in its file, and what is to be found of them. */
const planted: readonly [string, RegExp, string][] = [
  [
    'loses a job',
    /acknowledged job .* is lost/,
    `CREATE TRIGGER bug AFTER UPDATE OF state ON jobs
     WHEN new.kind = 'infer' AND new.state = 'running' AND new.place % 9 = 0
     BEGIN DELETE FROM jobs WHERE place = new.place; END`,
  ],
  [
    'lets a job be done twice',
    /was committed twice/,
    `CREATE TRIGGER bug AFTER UPDATE OF state ON jobs
     WHEN new.kind = 'infer' AND new.state = 'succeeded' AND new.attempt = 1 AND new.place % 5 = 0
     BEGIN UPDATE jobs SET state = 'queued', ended_at = NULL WHERE place = new.place; END`,
  ],
  [
    'commits a chunk without its end',
    /rows are done, \d+ there/,
    `CREATE TRIGGER bug AFTER UPDATE OF state ON jobs WHEN new.kind = 'chunk' AND new.state = 'succeeded'
       AND new.attempt = 1 AND new.place % 2 = 0
     BEGIN
       UPDATE jobs SET state = 'queued', ended_at = NULL WHERE place = new.place;
       DELETE FROM batch_errors WHERE batch = new.batch
         AND row_number BETWEEN new.first_row AND new.first_row + new.chunk_rows - 1;
     END`,
  ],
  [
    'loses a row',
    /rows are done, \d+ there/,
    `CREATE TRIGGER bug AFTER INSERT ON predictions WHEN new.row_number % 5 = 0
     BEGIN DELETE FROM predictions WHERE generation = new.generation AND key = new.key; END`,
  ],
  [
    'lets one commit who has lost the lease',
    /committed by a lease that was lost/,
    `CREATE TABLE former (place INTEGER PRIMARY KEY, token TEXT);
     CREATE TRIGGER bug AFTER UPDATE OF token ON jobs WHEN old.token IS NOT NULL AND new.token IS NULL
     BEGIN
       INSERT OR REPLACE INTO former VALUES (new.place, old.token);
       -- Long enough for the former one to hear that its lease is lost, and short enough for it to come with its commit after the next claim.
       UPDATE jobs SET state = 'waiting', not_before = not_before + 100 WHERE place = new.place AND state = 'queued';
     END;
     CREATE TRIGGER bug2 AFTER UPDATE OF token ON jobs WHEN new.state = 'running'
     BEGIN UPDATE jobs SET token = (SELECT token FROM former f WHERE f.place = new.place)
       WHERE place = new.place AND place IN (SELECT place FROM former); END`,
  ],
];

// More of them, with other seeds: `npm run faults:jobs`.
describe('jobs whose processes are killed', () => {
  it('are all there, each done once, and each row of a batch is in its generation once', async () => {
    const folder = mkdtempSync(join(root, 'mesh-'));
    const { problems, jobs, batches } = await killRounds({ folder, seed: 1, rounds: 4, linesMax: 300 });
    assert.deepEqual(problems, []);
    assert.ok(jobs > 50 && batches > 0, `${jobs} jobs, ${batches} batches`);
  });

  it('are so in a Postgres, which is killed too', { skip: skipWithoutPostgres }, async () => {
    const server = await PostgresServer.start();
    try {
      const postgres = { server, url: await server.newUrl() };
      const folder = mkdtempSync(join(root, 'mesh-'));
      const { problems, jobs, postgresKills } = await killRounds({
        folder,
        seed: 2,
        rounds: 2,
        linesMax: 150,
        postgres,
      });
      assert.deepEqual(problems, []);
      assert.ok(jobs > 10 && postgresKills === 1, `${jobs} jobs`);
    } finally {
      await server.stop();
    }
  });

  for (const [bug, problem, sql] of planted)
    it(`are found out by the same test where the store ${bug}`, async () => {
      let isFound = false;
      const all: string[] = [];
      // A bug shows only where a kill or a pause comes at the right time: it is looked for until it does.
      for (let seed = 1; !isFound && seed <= seedsMax; seed++) {
        const folder = mkdtempSync(join(root, 'mesh-'));
        await (await openWork(folder)).close();
        const db = new DatabaseSync(join(folder, '.sheaf/jobs/jobs.db'));
        db.exec(sql);
        db.close();
        const { problems } = await killRounds({ folder, seed, rounds: 1, linesMax: 1_000 });
        isFound = problems.some((found) => problem.test(found));
        all.push(...problems.slice(0, 5));
      }
      assert.ok(isFound, all.join('\n') || 'nothing was found');
    });
});
