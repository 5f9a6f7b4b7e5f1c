import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WorkAhead } from './work-ahead.ts';

describe('what an endpoint has to do', () => {
  it('is what its calls usually take, and not known while that of one is not', () => {
    const work = new WorkAhead();
    assert.equal(work.ms(0), 0);
    const [short, long] = [work.begin(5, 0), work.begin(200, 0)];
    assert.deepEqual([work.ms(0), work.calls], [205, 2]);
    const strange = work.begin(undefined, 0);
    assert.equal(work.ms(0), undefined);
    strange.end('answered', 1);
    long.end('failed', 1);
    assert.equal(work.ms(1), 5);
    short.end('answered', 2);
    assert.deepEqual([work.ms(2), work.calls], [0, 0]);
  });

  it('has what was left in it, for as long as that takes', () => {
    const work = new WorkAhead();
    const left = work.begin(200, 0);
    left.end('left', 50);
    assert.deepEqual([work.ms(50), work.ms(150), work.ms(250)], [200, 100, 0]);
  });

  it('is not known for ten seconds after a call was left of which it is not', () => {
    const work = new WorkAhead();
    work.begin(undefined, 0).end('left', 50);
    assert.deepEqual([work.ms(50), work.ms(10_049), work.ms(10_050)], [undefined, undefined, 0]);
  });

  it('has nothing left in it once a later call was answered', () => {
    const work = new WorkAhead();
    const earlier = work.begin(1, 0);
    work.begin(undefined, 0).end('left', 50);
    earlier.end('answered', 60);
    assert.equal(work.ms(60), undefined);
    work.begin(1, 70).end('failed', 71);
    assert.equal(work.ms(71), undefined);
    work.begin(1, 80).end('answered', 81);
    assert.equal(work.ms(81), 0);
  });
});
