import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { openState } from './open-state.ts';
import { anEntry } from './testing/state-samples.ts';

/** What somebody with a shell and the file could do, and the first entry that is then not as it was written. Of 600 entries: more than a page. */
const tampering: readonly [string, string, number | undefined][] = [
  ['nothing', '', undefined],
  ['a changed detail', `UPDATE audit SET detail = 'nothing to see' WHERE sequence = 77`, 77],
  ['a changed time', 'UPDATE audit SET at = at - 1 WHERE sequence = 550', 550],
  [
    'text moved from one field to the next',
    `UPDATE audit SET actor = 'key:opsk', action = 'eys.create' WHERE sequence = 3`,
    3,
  ],
  ['a removed entry', 'DELETE FROM audit WHERE sequence = 500', 500],
  ['a removed first entry', 'DELETE FROM audit WHERE sequence = 1', 1],
  ['removed newest entries', 'DELETE FROM audit WHERE sequence > 590', 591],
  [
    'a removed entry whose gap was closed',
    'DELETE FROM audit WHERE sequence = 9; UPDATE audit SET sequence = sequence - 1 WHERE sequence > 9',
    9,
  ],
  ['everything removed', 'DELETE FROM audit', 1],
  [
    'two entries that changed places',
    'UPDATE audit SET sequence = -1 WHERE sequence = 20; UPDATE audit SET sequence = 20 WHERE sequence = 21; UPDATE audit SET sequence = 21 WHERE sequence = -1',
    20,
  ],
  [
    'the content of two entries exchanged, their hashes in place',
    `UPDATE audit SET subject = CASE sequence WHEN 30 THEN '30' ELSE '29' END WHERE sequence IN (30, 31)`,
    30,
  ],
  ['an entry put at the end', `INSERT INTO audit VALUES (601, 1, 'a', 'b', 'c', 'd', '${'0'.repeat(64)}')`, 601],
  ['a shorter end in the state as well', 'UPDATE state SET audit_sequence = 599', 600],
];

describe('the checker of the audit chain', () => {
  for (const [what, sql, first] of tampering) {
    it(`finds ${what}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sheaf-state-'));
      const state = await openState(folder);
      try {
        await Promise.all(Array.from({ length: 600 }, (_, index) => state.audit.append(anEntry(`${index}`))));
        const db = new DatabaseSync(join(folder, '.sheaf', 'state.db'), { timeout: 1_000 });
        db.exec(`DROP TRIGGER audit_unchanged; DROP TRIGGER audit_unremoved; ${sql}`);
        db.close();
        assert.equal(await state.audit.verify(), first);
      } finally {
        await state.close();
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('has little to do, since the file refuses to change or remove entries', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sheaf-state-'));
    const state = await openState(folder);
    await state.audit.append(anEntry('a'));
    const db = new DatabaseSync(join(folder, '.sheaf', 'state.db'), { timeout: 1_000 });
    for (const sql of ['DELETE FROM audit', `UPDATE audit SET actor = 'b'`])
      assert.throws(() => db.exec(sql), /the audit log only grows/);
    db.close();
    await state.close();
    rmSync(folder, { recursive: true });
  });
});
