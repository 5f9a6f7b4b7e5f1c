import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LatencyTracker } from './latency-tracker.ts';

describe('a latency tracker', () => {
  it('says nothing of a stage with fewer than 20 runs, nor with fewer of the last ten minutes', () => {
    const tracker = new LatencyTracker();
    for (let n = 0; n < 19; n++) tracker.record('s', 10, n);
    assert.equal(tracker.usualMs('s', 20), undefined);
    tracker.record('s', 10, 1_000);
    assert.equal(tracker.usualMs('s', 1_000), 10);
    assert.equal(tracker.usualMs('s', 600_000), 10);
    assert.equal(tracker.usualMs('s', 601_001), undefined);
  });

  it('learns what is rare over its last 20 calls', () => {
    const tracker = new LatencyTracker();
    for (let n = 0; n < 40; n++) tracker.record('s', n < 20 ? 900 : 50, 2_000 * n);
    assert.equal(tracker.usualMs('s', 80_000), 50);
  });

  it('goes by the last 30 s where these have 20 runs', () => {
    const tracker = new LatencyTracker();
    for (let n = 0; n < 20; n++) tracker.record('s', 900, n);
    for (let n = 0; n < 21; n++) tracker.record('s', 10, 25_000 + n);
    assert.equal(tracker.usualMs('s', 31_000), 10);
  });

  it('forgets a slow spell by the first run after it that is quick', () => {
    const tracker = new LatencyTracker();
    for (let n = 0; n < 64; n++) tracker.record('s', 900, n);
    assert.equal(tracker.usualMs('s', 40_000), 900);
    tracker.record('s', 10, 41_000);
    assert.equal(tracker.usualMs('s', 41_001), 10);
  });

  it('wants one try of what nothing has told of for 30 s, and then one in 30 s', () => {
    const tracker = new LatencyTracker();
    tracker.record('s', 900, 0);
    assert.ok(!tracker.takeTrial('s', 30_000));
    assert.ok(tracker.takeTrial('s', 30_001));
    assert.ok(!tracker.takeTrial('s', 30_002));
    assert.ok(!tracker.takeTrial('s', 60_001));
    assert.ok(tracker.takeTrial('s', 60_002));
    assert.ok(!tracker.takeTrial('unknown', 60_002));
  });
});
