import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EndpointLoad } from './endpoint-load.ts';

function openLoad() {
  let now = 0;
  const load = new EndpointLoad(() => now);
  return {
    load,
    at: (ms: number): void => {
      now = ms;
    },
  };
}
const report = { calls: 0, fixedMs: 0, rowMs: 0 };

describe('the load of an endpoint', () => {
  it('is our own calls, and for a second those of others that it told of', () => {
    const { load, at } = openLoad();
    load.begin();
    load.begin();
    assert.equal(load.busy, 2);
    load.tell({ ...report, calls: 7 }, 'm');
    load.end();
    assert.deepEqual([load.busy, load.outstanding], [1 + 5, 1]);
    at(999);
    assert.equal(load.busy, 6);
    at(1_000);
    assert.equal(load.busy, 1);
    load.end();
    assert.equal(load.busy, 0);
  });

  it('has no calls of others where it has fewer than we have sent', () => {
    const { load } = openLoad();
    for (let call = 0; call < 3; call++) load.begin();
    load.tell({ ...report, calls: 1 }, 'm');
    assert.equal(load.busy, 3);
  });

  it('is full for a second after it said so, and of that model only', () => {
    const { load, at } = openLoad();
    assert.equal(load.utilization('m'), 0);
    load.tell({ ...report, utilization: 1 }, 'm');
    load.tell(report, 'other');
    at(999);
    assert.deepEqual([load.utilization('m'), load.utilization('other')], [1, 0]);
    at(1_000);
    assert.equal(load.utilization('m'), 0);
    load.tell({ ...report, utilization: 0.25 }, 'm');
    assert.equal(load.utilization('m'), 0.25);
  });

  it('tells what a run takes, by its rows, for as long as nothing else is told', () => {
    const { load, at } = openLoad();
    assert.equal(load.usualMs('m', 1), undefined);
    load.tell({ calls: 0, fixedMs: 2, rowMs: 0.5 }, 'm');
    at(60_000);
    assert.deepEqual([load.usualMs('m', 4), load.usualMs('other', 4)], [4, undefined]);
  });
});
