import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionLimits } from './connection-limits.ts';
import { IdleWatch } from './idle-watch.ts';

const { greetingMaxMs, firstCallMaxMs, idleMaxMs, abandonedMaxMs } = connectionLimits;

describe('a connection without a call', () => {
  it('has a time to say what comes before a call, another for its first call, and more once it has had one', () => {
    const silent = new IdleWatch(0);
    assert.equal(silent.isOver(greetingMaxMs - 1), false);
    assert.equal(silent.isOver(greetingMaxMs), true);
    const greeted = new IdleWatch(0);
    greeted.greet(5_000);
    assert.equal(greeted.isOver(5_000 + firstCallMaxMs - 1), false);
    assert.equal(greeted.isOver(5_000 + firstCallMaxMs), true);
    greeted.stop();
    greeted.start(6_000);
    assert.equal(greeted.isOver(6_000 + idleMaxMs - 1), false);
    assert.equal(greeted.isOver(6_000 + idleMaxMs), true);
  });

  it('is not over while it has one, also when it greets late', () => {
    const idle = new IdleWatch(0);
    idle.stop();
    idle.greet(1);
    assert.equal(idle.isOver(10 * idleMaxMs), false);
    idle.start(10 * idleMaxMs);
    assert.equal(idle.isOver(11 * idleMaxMs - 1), false);
    assert.equal(idle.isOver(11 * idleMaxMs), true);
  });

  it('goes soon when the request of its last call never came, and stays when another call has come since', () => {
    const idle = new IdleWatch(0);
    idle.stop();
    idle.giveUp();
    idle.start(1_000);
    assert.equal(idle.isOver(1_000 + abandonedMaxMs - 1), false);
    assert.equal(idle.isOver(1_000 + abandonedMaxMs), true);
    idle.stop();
    idle.start(2_000);
    assert.equal(idle.isOver(2_000 + abandonedMaxMs), false);
  });
});
