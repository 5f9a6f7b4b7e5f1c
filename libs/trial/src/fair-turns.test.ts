import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFairTurns } from './fair-turns.ts';

describe('fair turns', () => {
  it('let no asker who asks often keep the others waiting, and run one task at a time, whichever fails', async () => {
    const turns = createFairTurns();
    const log: string[] = [];
    let running = 0;
    const ask = (asker: string, name: string) =>
      turns.take(asker, async () => {
        assert.equal(++running, 1);
        await new Promise(setImmediate);
        running--;
        log.push(name);
        if (name === 'a2') throw new Error('it fails');
        return name;
      });
    const all = [
      ask('a', 'a1'),
      ask('a', 'a2'),
      ask('a', 'a3'),
      ask('a', 'a4'),
      ask('b', 'b1'),
      ask('c', 'c1'),
      ask('b', 'b2'),
    ];
    const settled = await Promise.allSettled(all);
    assert.deepEqual(log, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
    assert.deepEqual(settled.filter(({ status }) => status === 'rejected').length, 1);
    assert.equal(await ask('a', 'a5'), 'a5');
  });

  it('are given up at once by whoever does not wait any more', async () => {
    const turns = createFairTurns();
    const end = Promise.withResolvers<void>();
    const first = turns.take('a', () => end.promise);
    const aborter = new AbortController();
    let hasRun = false;
    const run = async (): Promise<void> => {
      hasRun = true;
    };
    const second = turns.take('b', run, aborter.signal);
    aborter.abort();
    await assert.rejects(second, { name: 'AbortError' });
    end.resolve();
    await first;
    await turns.take('b', async () => {});
    assert.equal(hasRun, false);
  });
});
