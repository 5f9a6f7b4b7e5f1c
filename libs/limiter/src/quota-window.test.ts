import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chunkOf, windowAt } from './quota-window.ts';

describe('windows of UTC', () => {
  it('end where the next one starts, and have the names of days and months', () => {
    const lastOfLeap = Date.UTC(2028, 1, 29, 23, 59, 59, 999);
    assert.deepEqual(windowAt('day', lastOfLeap), {
      name: '2028-02-29',
      startsAt: Date.UTC(2028, 1, 29),
      endsAt: Date.UTC(2028, 2, 1),
    });
    assert.deepEqual(windowAt('month', lastOfLeap), {
      name: '2028-02',
      startsAt: Date.UTC(2028, 1),
      endsAt: Date.UTC(2028, 2),
    });
    assert.equal(windowAt('day', lastOfLeap + 1).name, '2028-03-01');
    assert.equal(windowAt('month', Date.UTC(2026, 11, 31)).endsAt, Date.UTC(2027, 0));
  });

  it('are reserved of in hundredths, one at least', () => {
    assert.deepEqual([1, 150, 299, 1e6].map(chunkOf), [1, 1, 2, 10_000]);
  });
});
