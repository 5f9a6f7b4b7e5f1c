import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { InferError } from '@sheaf/inference';
import { checkMemoryFits, limitMemory } from './memory-limit.ts';

const mebibyte = 2 ** 20;

describe('the memory limit of a process', () => {
  it('ends it once when it takes more, after every call has its answer, and never at the limit', async () => {
    let used = 100 * mebibyte;
    const told: unknown[] = [];
    const unwatch = limitMemory({
      service: 'digits',
      maxBytes: 100 * mebibyte,
      abandon: (running: InferError, waiting: InferError) => told.push(running, waiting),
      end: (why) => told.push(why),
      used: () => used,
      intervalMs: 1,
    });
    await setTimeout(30);
    assert.deepEqual(told, []);
    used++;
    while (told.length === 0) await setTimeout(1);
    await setTimeout(30);
    unwatch();
    const [running, waiting, ...whys] = told as unknown as [InferError, InferError, ...string[]];
    assert.deepEqual(whys, ['its memory limit of 100 MiB passed with 101 MiB']);
    assert.deepEqual([running.code, running.reason, running.retryAfterMs], ['RESOURCE_EXHAUSTED', 'MEMORY_LIMIT', -1]);
    assert.match(
      running.message,
      /^service digits: its process passed its memory limit of 100 MiB and is replaced; this call ran in it/,
    );
    assert.deepEqual([waiting.code, waiting.reason, waiting.retryAfterMs], ['UNAVAILABLE', 'MEMORY_LIMIT', 1_000]);
    assert.equal(waiting.progress, 'not-begun');
  });

  it('has to leave something to run in', () => {
    checkMemoryFits('digits', 100 * mebibyte, 100 * mebibyte);
    assert.throws(() => checkMemoryFits('digits', 100 * mebibyte, 100 * mebibyte + 1), {
      code: 'FAILED_PRECONDITION',
      message: /services\.digits\.memory: want more than the 101 MiB that it takes once it is loaded, got 100 MiB/,
    });
  });
});
