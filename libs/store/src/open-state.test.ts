import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { openState } from './open-state.ts';
import { applicationId, migrations } from './schema.ts';
import { stateContract } from './testing/state-contract.ts';
import { aKey, anEntry } from './testing/state-samples.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-state-'));
const newFolder = (): string => mkdtempSync(join(root, 'mesh-'));
after(() => rmSync(root, { recursive: true }));

stateContract('the state in a file', (now) => openState(newFolder(), { now }));

describe('the state in a file', () => {
  it('is there after it was closed', async () => {
    const folder = newFolder();
    const before = await openState(folder);
    await before.keys.add(aKey('a'));
    const entry = await before.audit.append(anEntry('a'));
    await before.quotas.reserve('k', 'may', 3, 10);
    const secretHash = 'b2'.repeat(32);
    await before.keys.rotate('a', { at: 2, secretHash, expiresAt: 9, replacedUntil: 5 });
    await before.keys.noteUses([{ id: 'a', at: 60_000 }]);
    await before.close();

    const again = await openState(folder);
    const replaced = { secretHash: aKey('a').secretHash, until: 5 };
    const rotated = { secretHash, expiresAt: 9, rotatedAt: 2, replaced, lastUsedAt: 60_000 };
    assert.deepEqual(await again.keys.list(), [aKey('a', rotated)]);
    assert.deepEqual(await again.audit.entries(0, 10), [entry]);
    assert.equal(await again.quotas.used('k', 'may'), 3);
    await again.close();
  });

  it('takes up a file of the format before, with what stands in it', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, '.sheaf'));
    const db = new DatabaseSync(join(folder, '.sheaf', 'state.db'));
    db.exec(`${migrations[0]}; PRAGMA user_version = 1; PRAGMA application_id = ${applicationId};
      INSERT INTO keys VALUES (1, 'a', '${'a1'.repeat(32)}', 'acme', '["infer"]', '["digits", "post*"]', 'standard',
        'the kiosk in the hall', 1000, NULL, NULL)`);
    db.close();
    const state = await openState(folder);
    assert.deepEqual(await state.keys.list(), [aKey('a')]);
    await state.close();
  });

  it('is for the eyes of its owner only, also where it was not', { skip: process.platform === 'win32' }, async () => {
    const folder = newFolder();
    const state = await openState(folder);
    await state.audit.append(anEntry('a'));
    const mode = (...path: string[]): number => statSync(join(folder, '.sheaf', ...path)).mode & 0o777;
    assert.equal(mode(), 0o700);
    for (const file of ['state.db', 'state.db-wal', 'state.db-shm']) assert.equal(mode(file), 0o600);
    await state.close();
  });

  it('is one for all who have it open, and wakes them for keys only', async () => {
    const folder = newFolder();
    const [one, other] = await Promise.all([openState(folder, { pollMs: 10 }), openState(folder, { pollMs: 10 })]);
    let rings = 0;
    const rung = Promise.withResolvers<void>();
    one.onKeysChanged(() => {
      rings += 1;
      rung.resolve();
    });
    for (let index = 0; index < 30; index++) {
      await other.quotas.reserve('k', 'may', 1, 1_000);
      await other.audit.append(anEntry('a'));
      await one.quotas.used('k', 'may');
    }
    // Sixty commits take longer than some looks of 10 ms.
    assert.equal(rings, 0);
    await other.keys.add(aKey('a'));
    await rung.promise;
    assert.equal(rings, 1);
    assert.deepEqual(await one.keys.list(), [aKey('a')]);
    await Promise.all([one.close(), other.close()]);
  });

  it('tells of entries of others, and of a log that was cut, which ends earlier and is whole by itself', async () => {
    const folder = newFolder();
    const [one, other] = await Promise.all([openState(folder, { pollMs: 10 }), openState(folder, { pollMs: 10 })]);
    let rung = Promise.withResolvers<void>();
    one.onAuditChanged(() => rung.resolve());
    const kept = await other.audit.append(anEntry('a'));
    await rung.promise;
    rung = Promise.withResolvers<void>();
    await other.audit.append(anEntry('b'));
    await rung.promise;
    rung = Promise.withResolvers<void>();
    const db = new DatabaseSync(join(folder, '.sheaf', 'state.db'), { timeout: 1_000 });
    db.exec(`DROP TRIGGER audit_unremoved; DELETE FROM audit WHERE sequence > 1;
      UPDATE state SET audit_sequence = 1, audit_hash = (SELECT hash FROM audit WHERE sequence = 1)`);
    db.close();
    await rung.promise;
    assert.deepEqual(await one.audit.head(), { sequence: 1, hash: kept.hash });
    assert.equal(await one.audit.verify(), undefined);
    await Promise.all([one.close(), other.close()]);
  });

  it('is made once when several open it at once for the first time', async () => {
    for (let round = 0; round < 8; round++) {
      const folder = newFolder();
      const opening = await Promise.allSettled(Array.from({ length: 4 }, () => openState(folder)));
      for (const result of opening) if (result.status === 'fulfilled') await result.value.close();
      assert.deepEqual(
        opening.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
      );
    }
  });

  it('keeps one chain and one count when several write at once', async () => {
    const folder = newFolder();
    const states = await Promise.all(Array.from({ length: 4 }, () => openState(folder, { lockWaitMs: 60_000 })));
    const work = states.map(async ({ audit, quotas }) => {
      let granted = 0;
      for (let round = 0; round < 25; round++) {
        const [reserved] = await Promise.all([
          quotas.reserve('k', 'may', 30, 1_000),
          audit.append(anEntry('a')),
          audit.append(anEntry('b')),
        ]);
        granted += reserved;
      }
      return granted;
    });
    const granted = await Promise.all(work);
    assert.equal(
      granted.reduce((a, b) => a + b),
      1_000,
    );
    const [first] = states;
    assert.equal(await first?.audit.verify(), undefined);
    assert.equal((await first?.audit.entries(0, 1_000))?.at(-1)?.sequence, 200);
    await Promise.all(states.map((state) => state.close()));
  });
});
