import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { KeyUse } from '@sheaf/store';
import { createKeyUses, writeUsesMs } from './key-uses.ts';

describe('the uses of keys', () => {
  it('are written once a minute, each key once, to the minute, and not at all when there are none', async (test) => {
    test.mock.timers.enable({ apis: ['setInterval'] });
    const written: (readonly KeyUse[])[] = [];
    const uses = createKeyUses({ noteUses: async (chunk) => void written.push(chunk) });
    for (let call = 0; call < 10_000; call++) uses.note('a', writeUsesMs + call);
    uses.note('b', 2 * writeUsesMs + 1);
    assert.deepEqual(written, []);
    test.mock.timers.tick(writeUsesMs);
    await new Promise(setImmediate);
    const first = [
      { id: 'a', at: writeUsesMs },
      { id: 'b', at: 2 * writeUsesMs },
    ];
    assert.deepEqual(written, [first]);
    test.mock.timers.tick(writeUsesMs);
    await new Promise(setImmediate);
    assert.deepEqual(written, [first]);
    await uses.end();
  });

  it('that could not be written are written with the next, the latest of each, a thousand at once', async () => {
    let isDown = true;
    const noteUses = mock.fn(async (_: readonly KeyUse[]) => {
      if (isDown) throw new Error('locked');
    });
    const uses = createKeyUses({ noteUses });
    for (let id = 0; id < 1_500; id++) uses.note(`${id}`, 5 * writeUsesMs);
    await uses.flush();
    isDown = false;
    uses.note('7', 6 * writeUsesMs);
    await uses.end();
    const kept = noteUses.mock.calls.slice(2).flatMap(({ arguments: [chunk] }) => chunk);
    assert.deepEqual(
      noteUses.mock.calls.map(({ arguments: [chunk] }) => chunk.length),
      [1_000, 500, 1_000, 500],
    );
    assert.equal(kept.length, 1_500);
    assert.equal(kept.find(({ id }) => id === '7')?.at, 6 * writeUsesMs);
  });
});
