import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boundUnread } from './unread.ts';

const streamOf = (unreadBytes: number) => ({ unreadBytes });

describe('streams that wait until it is known who calls', () => {
  /** How many of them are dropped, once that has been looked at. */
  function dropped(count: number, bytesEach: number): number {
    let drops = 0;
    const due: (() => void)[] = [];
    const after = (_: number, task: () => void): (() => void) => {
      due.push(task);
      return () => {};
    };
    const unread = boundUnread(1_000, { now: () => 0, after });
    for (let index = 0; index < count; index++) unread.enter(streamOf(bytesEach), () => drops++);
    due.shift()?.();
    return drops;
  }

  it('are left alone while they are few, whatever they bring', () => assert.equal(dropped(64, 1_000), 0));

  it('are left alone where they bring little', () => assert.equal(dropped(1_000, 1), 0));

  it('are dropped where all together hold more than they may, as many as it takes', () =>
    assert.equal(dropped(100, 100), 90));
});
