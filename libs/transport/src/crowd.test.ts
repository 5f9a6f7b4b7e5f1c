/** Which connection of a door goes when there are too many. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionLimits } from './connection-ledger.ts';
import { Crowd, type Member, type Standing } from './crowd.ts';

interface Known extends Member {
  isGone: boolean;
}

/** One that only knows whether it was closed. */
function opened(crowd: Crowd, block?: string, standing: Standing = 'stranger'): { member: Known; isIn: boolean } {
  const go = (): void => {
    member.isGone = true;
  };
  const member: Known = { isGone: false, judge: () => {}, close: go, cut: go };
  const isIn = crowd.enter(member, block);
  crowd.stand(member, standing);
  return { member, isIn };
}
const many = (crowd: Crowd, count: number, block?: string, standing?: Standing): readonly Known[] =>
  Array.from({ length: count }, () => opened(crowd, block, standing).member);
const isClosed = ({ isGone }: Known): boolean => isGone;
const closed = (members: readonly Known[]): number => members.filter(isClosed).length;
const quiet = (): void => {};

describe('connections without a call', () => {
  it('are counted by address, the addresses of one /64 as one, those of a trusted proxy not at all', () => {
    const crowd = new Crowd(1_000_000, quiet);
    const most = connectionLimits.idleConnectionsMax;
    const first = many(crowd, most, '2001:db8:0:1::/64');
    assert.ok(!first.some(isClosed));
    assert.ok(!many(crowd, most, '2001:db8:0:2::/64').some(isClosed));
    many(crowd, 2, '2001:db8:0:1::/64');
    assert.deepEqual(first.map(isClosed), [true, true, ...Array.from({ length: most - 2 }, () => false)]);
    assert.ok(!many(crowd, most + 1).some(isClosed));
  });

  it('and those that have one may be half of all that there may be of one address, so that it shuts out nobody', () => {
    const told: boolean[] = [];
    const crowd = new Crowd(8, (isNew) => told.push(isNew));
    const busy = many(crowd, 4, 'one', 'working');
    assert.equal(opened(crowd, 'one').isIn, false);
    // Nobody else was closed for it.
    const others = many(crowd, 4, 'two');
    assert.equal(opened(crowd, 'one').isIn, false);
    assert.ok(!others.some(isClosed));
    const [first] = busy as [Known];
    crowd.stand(first, 'idle');
    assert.equal(opened(crowd, 'one').isIn, true);
    assert.ok(isClosed(first));
    assert.deepEqual(told, [true, true, false]);
  });
});

describe('where there are as many as there may be', () => {
  it('the address that has most of them loses one: strangers, then idle ones, then those that stay, then those that work', () => {
    const crowd = new Crowd(64, quiet);
    const working = many(crowd, 8, 'most', 'working');
    const staying = many(crowd, 7, 'most', 'staying');
    const idle = many(crowd, 7, 'most', 'idle');
    const strangers = many(crowd, 7, 'most');
    const few = Array.from({ length: 35 }, (_, at) => opened(crowd, `few ${at}`, 'working').member);
    const gone = (): readonly number[] => [strangers, idle, staying, working].map(closed);
    const come = (count: number, block: string): void => {
      for (let at = 0; at < count; at++) assert.ok(opened(crowd, `${block} ${at}`, 'working').isIn);
    };
    come(7, 'a');
    assert.deepEqual(gone(), [7, 0, 0, 0]);
    come(7, 'b');
    assert.deepEqual(gone(), [7, 7, 0, 0]);
    come(7, 'c');
    assert.deepEqual(gone(), [7, 7, 7, 0]);
    come(7, 'd');
    assert.deepEqual(gone(), [7, 7, 7, 7]);
    assert.equal(closed(few), 0);
    // All have one, and work.
    assert.equal(opened(crowd, 'late').isIn, false);
  });

  it('the calls of an address that has many end for nobody who would find room among those that have none', () => {
    const crowd = new Crowd(64, quiet);
    const office = many(crowd, 32, 'office', 'working');
    const others = Array.from({ length: 32 }, (_, at) => opened(crowd, `one ${at}`).member);
    for (let at = 0; at < 20; at++) assert.ok(opened(crowd, `next ${at}`).isIn);
    assert.equal(closed(office), 0);
    assert.deepEqual(
      others.map(isClosed),
      others.map((_, at) => at < 20),
    );
  });

  it('one that comes from an address with many closes none of an address with fewer', () => {
    const crowd = new Crowd(16, quiet);
    many(crowd, 7, 'one', 'working');
    many(crowd, 7, 'two', 'working');
    const few = many(crowd, 2, 'few');
    assert.equal(opened(crowd, 'one').isIn, false);
    assert.equal(closed(few), 0);
  });

  it('callers of a trusted proxy are not taken for one', () => {
    const crowd = new Crowd(16, quiet);
    const proxied = many(crowd, 12);
    const direct = many(crowd, 4, 'direct', 'idle');
    assert.ok(opened(crowd).isIn);
    assert.deepEqual([closed(proxied), closed(direct)], [0, 1]);
  });
});
