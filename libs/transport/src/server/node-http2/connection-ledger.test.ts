import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConnectionLedger, LeakyBucket, ledgerLimits } from './connection-ledger.ts';

const {
  idleBytesMax,
  idleBytesPerSecond,
  settingsMax,
  settingsPerSecond,
  unsentBytesMax,
  overfullMaxMs,
  pingsMax,
  pingsPerCall,
  sentBytesPerPing,
} = ledgerLimits;
const stallMaxMs = 30_000;
const quiet = { read: 0, unread: 0, written: 0, unsent: 0 };

describe('a leaky bucket', () => {
  it('takes its measure, runs over by one more, and takes again what has leaked', () => {
    const bucket = new LeakyBucket(10, 2, 0);
    assert.equal(bucket.add(10, 0), false);
    assert.equal(bucket.add(1, 0), true);
    assert.equal(bucket.add(1, 999), true);
    assert.equal(bucket.add(0, 1_000), false);
  });

  it('saves nothing up, neither of time nor of what is given back', () => {
    const bucket = new LeakyBucket(10, 2, 0);
    bucket.add(-1_000, 0);
    assert.equal(bucket.add(11, 60_000), true);
  });
});

describe('the account of a connection', () => {
  it('is overdrawn by bytes that were no call, and not by the same bytes of a message', () => {
    const flood = new ConnectionLedger(stallMaxMs, 0);
    assert.equal(flood.judge({ ...quiet, read: idleBytesMax }, 0), undefined);
    assert.equal(flood.judge({ ...quiet, read: idleBytesMax + 1 }, 0), 'frames that do no work');
    const upload = new ConnectionLedger(stallMaxMs, 0);
    upload.addMessage(10 * idleBytesMax);
    assert.equal(upload.judge({ ...quiet, read: 11 * idleBytesMax }, 0), undefined);
  });

  it('is not overdrawn by what waits in streams that nobody reads yet, nor when that is read, however long after', () => {
    const ledger = new ConnectionLedger(stallMaxMs, 0);
    const waits = 3 * idleBytesMax;
    for (let at = 0; at < 10_000; at += 100)
      assert.equal(ledger.judge({ ...quiet, read: waits, unread: waits }, at), undefined);
    ledger.addMessage(waits);
    assert.equal(ledger.judge({ ...quiet, read: waits }, 10_000), undefined);
    assert.equal(ledger.judge({ ...quiet, read: waits + idleBytesMax + 1 }, 10_000), 'frames that do no work');
  });

  it('forgives a little for ever', () => {
    const ledger = new ConnectionLedger(stallMaxMs, 0);
    for (let second = 1; second < 100; second++)
      assert.equal(ledger.judge({ ...quiet, read: second * idleBytesPerSecond }, second * 1_000), undefined);
  });

  it('takes as many SETTINGS at once as its limit, and more with time', () => {
    const ledger = new ConnectionLedger(stallMaxMs, 0);
    for (let count = 0; count < settingsMax; count++) assert.equal(ledger.addSettings(0), false);
    assert.equal(ledger.addSettings(1_000 / settingsPerSecond), false);
    assert.equal(ledger.addSettings(1_000 / settingsPerSecond), true);
  });

  it('takes as many PINGs at once as its limit, and a few more with each call', () => {
    const ledger = new ConnectionLedger(stallMaxMs, 0);
    for (let count = 0; count < pingsMax; count++) assert.equal(ledger.addPing(0), false);
    ledger.addCall(100, 0);
    for (let count = 0; count < pingsPerCall; count++) assert.equal(ledger.addPing(0), false);
    assert.equal(ledger.addPing(0), true);
  });

  it('takes one PING for each frame of a long answer, for ever', () => {
    const ledger = new ConnectionLedger(stallMaxMs, 0);
    let written = 0;
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < pingsMax; count++) assert.equal(ledger.addPing(0), false);
      written += pingsMax * sentBytesPerPing;
      ledger.judge({ ...quiet, written }, 0);
    }
    for (let count = 0; count < pingsMax; count++) assert.equal(ledger.addPing(0), false);
    assert.equal(ledger.addPing(0), true);
  });

  it('bears answers that are not read until the stall limit', () => {
    const ledger = new ConnectionLedger(stallMaxMs, 0);
    assert.equal(ledger.judge({ ...quiet, unsent: 1 }, 0), undefined);
    assert.equal(ledger.judge({ ...quiet, unsent: 1 }, stallMaxMs - 1), undefined);
    assert.equal(ledger.judge({ ...quiet, unsent: 1 }, stallMaxMs), 'answers that are not read');
  });

  it('bears a caller that reads slowly, and one that has nothing to read', () => {
    const slow = new ConnectionLedger(stallMaxMs, 0);
    const idle = new ConnectionLedger(stallMaxMs, 0);
    for (let at = 0; at <= 10 * stallMaxMs; at += stallMaxMs / 4) {
      assert.equal(slow.judge({ ...quiet, unsent: 1, written: 2 * at }, at), undefined);
      assert.equal(idle.judge(quiet, at), undefined);
    }
  });

  it('bears more than its limit of unread answers only for a moment, unless they move', () => {
    const full = { ...quiet, unsent: unsentBytesMax + 1 };
    const stuck = new ConnectionLedger(stallMaxMs, 0);
    assert.equal(stuck.judge(full, 0), undefined);
    assert.equal(stuck.judge(full, overfullMaxMs), 'answers that are not read');
    const moving = new ConnectionLedger(stallMaxMs, 0);
    assert.equal(moving.judge(full, 0), undefined);
    assert.equal(moving.judge({ ...full, written: 100_000 }, overfullMaxMs), undefined);
    const atLimit = new ConnectionLedger(stallMaxMs, 0);
    assert.equal(atLimit.judge({ ...quiet, unsent: unsentBytesMax }, 0), undefined);
    assert.equal(atLimit.judge({ ...quiet, unsent: unsentBytesMax }, overfullMaxMs), undefined);
  });
});
