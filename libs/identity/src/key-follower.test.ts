import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type ApiKey, createMemoryState } from '@sheaf/store';
import { followKeys, keysStaleMs } from './key-follower.ts';

const key = (id: string): ApiKey => ({
  id,
  secretHash: 'a1'.repeat(32),
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  note: '',
  createdAt: 1,
  expiresAt: undefined,
  revokedAt: undefined,
  rotatedAt: undefined,
  replaced: undefined,
  lastUsedAt: undefined,
});

/** Of a state that fails, or never answers, as long as it is told to. */
async function open(doCount = true) {
  const state = createMemoryState();
  await state.keys.add(key('a'));
  let fault: 'none' | 'fails' | 'hangs' = 'none';
  let lists = 0;
  const ask = <T>(task: () => Promise<T>): Promise<T> => {
    if (fault === 'hangs') return new Promise(() => {});
    return fault === 'fails' ? Promise.reject(new Error('the disk failed')) : task();
  };
  const keys = {
    ...state.keys,
    generation: () => ask(() => state.keys.generation()),
    list: () => {
      lists += 1;
      return ask(() => state.keys.list());
    },
  };
  let now = 0;
  const told: string[] = [];
  const follower = await followKeys(
    { keys, onKeysChanged: (task) => state.onKeysChanged(task) },
    {
      clock: { now: () => now },
      log: (line) => told.push(line),
      doCount: () => doCount,
      onFresh: () => told.push('changed'),
    },
  );
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      now += 100;
      mock.timers.tick(100);
      await new Promise(setImmediate);
    }
  };
  return { state, follower, told, pass, lists: () => lists, be: (as: typeof fault) => (fault = as) };
}

const unavailable = { code: 'UNAVAILABLE', message: 'it cannot be told at the moment which API keys count' };

describe('the keys of a gateway', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }));
  afterEach(() => mock.timers.reset());

  it('are read once for each change, though they are looked at again and again', async () => {
    const { state, follower, pass, lists } = await open();
    await pass(5_000);
    assert.equal(lists(), 1);
    await state.keys.revoke('a', 7);
    await pass(200);
    assert.equal(follower.now().get('a')?.revokedAt, 7);
    await pass(5_000);
    assert.equal(lists(), 2);
    follower.end();
  });

  it('are read again when that failed, though nothing changes any more', async () => {
    const { state, follower, told, pass, be } = await open();
    be('fails');
    await state.keys.revoke('a', 7);
    await pass(3_000);
    assert.equal(follower.now().get('a')?.revokedAt, undefined);
    assert.deepEqual(told, ['the keys cannot be read (the disk failed); those from before count for 10 s']);
    be('none');
    await pass(1_100);
    assert.equal(follower.now().get('a')?.revokedAt, 7);
    assert.equal(told.at(-1), 'the keys can be read again');
    follower.end();
  });

  for (const fault of ['fails', 'hangs'] as const)
    it(`count no more when nobody can tell for 10 s whether they do, for a state that ${fault}`, async () => {
      const { follower, told, pass, be } = await open();
      be(fault);
      await pass(keysStaleMs - 1_000);
      assert.ok(follower.isFresh() && follower.now().has('a'));
      await pass(2_500);
      assert.equal(follower.isFresh(), false);
      assert.throws(() => follower.now(), unavailable);
      assert.match(
        told.at(-2) ?? '',
        /^THE GATEWAY IS NOT READY: for 10 s nobody could tell which keys have been revoked/,
      );
      assert.equal(told.at(-1), 'changed');
      follower.end();
    });

  it('count again when they can be read again', async () => {
    const { follower, told, pass, be } = await open();
    be('fails');
    await pass(keysStaleMs + 2_000);
    be('none');
    await pass(2_500);
    assert.ok(follower.now().has('a'));
    assert.deepEqual(told.slice(-2), ['the gateway is ready again: it knows which keys count', 'changed']);
    follower.end();
  });

  it('are needed by nobody where none counts: the gateway is well without them', async () => {
    const { follower, told, pass, be } = await open(false);
    be('fails');
    await pass(2 * keysStaleMs);
    assert.equal(follower.isFresh(), true);
    assert.deepEqual(
      told.filter((line) => line === 'changed' || line.includes('NOT READY')),
      [],
    );
    follower.end();
  });
});
