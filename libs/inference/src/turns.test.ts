import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Turns } from './turns.ts';

describe('turns', () => {
  it('run one task after another, in their order, whichever fails, and know when the last has ended', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const first = Promise.withResolvers<void>();
    const tasks = [
      turns.take(async () => {
        await first.promise;
        log.push('first');
        return 1;
      }),
      turns.take(async () => {
        log.push('second');
        throw new Error('it fails');
      }),
      turns.take(async () => void log.push('third')),
    ];
    const settled = Promise.allSettled(tasks);
    assert.deepEqual(log, []);
    first.resolve();
    await turns.ended();
    assert.deepEqual(log, ['first', 'second', 'third']);
    assert.deepEqual(
      (await settled).map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(await tasks[0], 1);
  });
});
