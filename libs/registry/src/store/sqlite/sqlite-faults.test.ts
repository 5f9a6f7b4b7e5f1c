import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { aMove, aVersion, refusal } from '../../testing/samples.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-registry-'));
after(() => rmSync(root, { recursive: true }));
const newFolder = (): string => mkdtempSync(join(root, 'mesh-'));

/** As somebody does who may write the file. */
function asOwner(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, '.sheaf/registry/registry.db'), { timeout: 5_000 });
  db.exec(sql);
  db.close();
}

const wrong: readonly [string, string, number | undefined][] = [
  ['nothing', 'SELECT 1', undefined],
  ['a changed reason', `UPDATE registry_audit SET detail = replace(detail, 'better', 'worse') WHERE sequence = 4`, 4],
  ['another who', `UPDATE registry_audit SET actor = 'key:eve' WHERE sequence = 2`, 2],
  ['a removed move', 'DELETE FROM registry_audit WHERE sequence = 3', 3],
  ['a lost end', 'DELETE FROM registry_audit WHERE sequence > 4', 5],
];

describe('a registry in SQLite', () => {
  for (const [what, sql, sequence] of wrong)
    it(`shows by its chain what somebody changed in the file: ${what}`, async () => {
      const folder = newFolder();
      const store = await openSqliteStore(folder);
      await store.addVersion(aVersion('a'));
      for (let epoch = 0; epoch < 5; epoch++) await store.moveAlias(aMove(1, epoch));
      asOwner(folder, sql);
      assert.equal(await store.verifyAudit(), sequence);
      await store.close();
    });

  it('is there after it was closed, and goes on counting', async () => {
    const folder = newFolder();
    const before = await openSqliteStore(folder);
    await before.addVersion(aVersion('a'));
    await before.moveAlias(aMove(1, 0));
    const all = await before.snapshot();
    await before.close();
    const again = await openSqliteStore(folder);
    assert.deepEqual(await again.snapshot(), all);
    await again.moveAlias(aMove(1, 1));
    assert.equal(await again.epoch(), all.epoch + 1);
    await again.close();
  });

  it('refuses changes when there is no room for them, changes nothing, and answers', async () => {
    const folder = newFolder();
    const store = await openSqliteStore(folder, { bytesMax: 80 * 4_096 });
    let [kept, refused]: [number, unknown] = [0, undefined];
    while (refused === undefined && kept < 200)
      await store.addVersion(aVersion(`${kept}`, { trial: { log: 'x'.repeat(4_000) } })).then(
        () => (kept += 1),
        (error) => (refused = error),
      );
    refusal('RESOURCE_EXHAUSTED', 'REGISTRY_FULL', /nothing was changed/)(refused);
    assert.ok(kept > 5, `${kept} found room`);
    assert.equal((await store.listVersions('digits', { limit: 1_000 })).length, kept);
    assert.equal((await store.getEntry('digits'))?.lastVersion, kept);
    assert.equal(await store.verifyAudit(), undefined);
    await store.close();
    const roomier = await openSqliteStore(folder);
    assert.equal((await roomier.addVersion(aVersion('more'))).record.version, kept + 1);
    await roomier.close();
  });

  it('says so while another process holds it, and changes nothing', async () => {
    const folder = newFolder();
    const store = await openSqliteStore(folder, { lockWaitMs: 50 });
    await store.addVersion(aVersion('a'));
    const db = new DatabaseSync(join(folder, '.sheaf/registry/registry.db'));
    db.exec('BEGIN IMMEDIATE');
    await assert.rejects(store.moveAlias(aMove(1, 0)), refusal('UNAVAILABLE', 'REGISTRY_LOCKED'));
    assert.deepEqual(await store.aliasesOf('digits'), []);
    db.exec('COMMIT');
    db.close();
    await store.moveAlias(aMove(1, 0));
    await store.close();
  });
});
