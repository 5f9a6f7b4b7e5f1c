/** Which connection of a server goes when there are too many. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionLimits } from './connection-limits.ts';
import { ConnectionRegistry, type Member, type Standing } from './connection-registry.ts';

interface Known extends Member {
  isGone: boolean;
}

/** One that only knows whether it was closed. */
function opened(
  registry: ConnectionRegistry,
  block?: string,
  standing: Standing = 'stranger',
): { member: Known; isIn: boolean } {
  const go = (): void => {
    member.isGone = true;
  };
  const member: Known = { isGone: false, judge: () => {}, close: go, cut: go };
  const isIn = registry.enter(member, block);
  registry.stand(member, standing);
  return { member, isIn };
}
const many = (registry: ConnectionRegistry, count: number, block?: string, standing?: Standing): readonly Known[] =>
  Array.from({ length: count }, () => opened(registry, block, standing).member);
const isClosed = ({ isGone }: Known): boolean => isGone;
const closed = (members: readonly Known[]): number => members.filter(isClosed).length;
const quiet = (): void => {};

describe('connections without a call', () => {
  it('are counted by address, the addresses of one /64 as one, those of a trusted proxy not at all', () => {
    const registry = new ConnectionRegistry(1_000_000, quiet);
    const most = connectionLimits.idleConnectionsMax;
    const first = many(registry, most, '2001:db8:0:1::/64');
    assert.ok(!first.some(isClosed));
    assert.ok(!many(registry, most, '2001:db8:0:2::/64').some(isClosed));
    many(registry, 2, '2001:db8:0:1::/64');
    assert.deepEqual(first.map(isClosed), [true, true, ...Array.from({ length: most - 2 }, () => false)]);
    assert.ok(!many(registry, most + 1).some(isClosed));
  });

  it('and those that have one may be half of all that there may be of one address, so that it shuts out nobody', () => {
    const told: boolean[] = [];
    const registry = new ConnectionRegistry(8, (isNew) => told.push(isNew));
    const busy = many(registry, 4, 'one', 'working');
    assert.equal(opened(registry, 'one').isIn, false);
    // Nobody else was closed for it.
    const others = many(registry, 4, 'two');
    assert.equal(opened(registry, 'one').isIn, false);
    assert.ok(!others.some(isClosed));
    const [first] = busy as [Known];
    registry.stand(first, 'idle');
    assert.equal(opened(registry, 'one').isIn, true);
    assert.ok(isClosed(first));
    assert.deepEqual(told, [true, true, false]);
  });
});

describe('where there are as many as there may be', () => {
  it('the address that has most of them loses one: strangers, then idle ones, then those that stay, then those that work', () => {
    const registry = new ConnectionRegistry(64, quiet);
    const working = many(registry, 8, 'most', 'working');
    const staying = many(registry, 7, 'most', 'staying');
    const idle = many(registry, 7, 'most', 'idle');
    const strangers = many(registry, 7, 'most');
    const few = Array.from({ length: 35 }, (_, at) => opened(registry, `few ${at}`, 'working').member);
    const gone = (): readonly number[] => [strangers, idle, staying, working].map(closed);
    const come = (count: number, block: string): void => {
      for (let at = 0; at < count; at++) assert.ok(opened(registry, `${block} ${at}`, 'working').isIn);
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
    assert.equal(opened(registry, 'late').isIn, false);
  });

  it('the calls of an address that has many end for nobody who would find room among those that have none', () => {
    const registry = new ConnectionRegistry(64, quiet);
    const office = many(registry, 32, 'office', 'working');
    const others = Array.from({ length: 32 }, (_, at) => opened(registry, `one ${at}`).member);
    for (let at = 0; at < 20; at++) assert.ok(opened(registry, `next ${at}`).isIn);
    assert.equal(closed(office), 0);
    assert.deepEqual(
      others.map(isClosed),
      others.map((_, at) => at < 20),
    );
  });

  it('one that comes from an address with many closes none of an address with fewer', () => {
    const registry = new ConnectionRegistry(16, quiet);
    many(registry, 7, 'one', 'working');
    many(registry, 7, 'two', 'working');
    const few = many(registry, 2, 'few');
    assert.equal(opened(registry, 'one').isIn, false);
    assert.equal(closed(few), 0);
  });

  it('callers of a trusted proxy are not taken for one', () => {
    const registry = new ConnectionRegistry(16, quiet);
    const proxied = many(registry, 12);
    const direct = many(registry, 4, 'direct', 'idle');
    assert.ok(opened(registry).isIn);
    assert.deepEqual([closed(proxied), closed(direct)], [0, 1]);
  });
});
