/** What callers can have a registry do by calls that cost them nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { registryCallsOf } from '@sheaf/transport';
import { aVersion } from '../testing/samples.ts';
import { aPrincipal, openTestService } from '../testing/service-samples.ts';
import { createRegistryService } from './registry-service.ts';

/** A service that counts what is asked of its store. */
async function counted() {
  const opened = await openTestService();
  const counts = { snapshot: 0, verifyAudit: 0 };
  const { store } = opened.registry;
  const counting = {
    ...store,
    snapshot: (after?: number) => {
      counts.snapshot++;
      return store.snapshot(after);
    },
    verifyAudit: () => {
      counts.verifyAudit++;
      return store.verifyAudit();
    },
  };
  const service = createRegistryService({ registry: { ...opened.registry, store: counting } });
  return {
    ...opened,
    store,
    counts,
    calls: registryCallsOf(service, aPrincipal('key:ops')),
    [Symbol.asyncDispose]: opened[Symbol.asyncDispose],
  };
}

describe('cheap calls', () => {
  it('of the record look through its chain once for all of them', async () => {
    await using service = await counted();
    await service.store.addVersion(aVersion('a'));
    await Promise.all([1, 2, 3].map(() => service.calls.listAudit({})));
    await service.calls.listAudit({});
    assert.equal(service.counts.verifyAudit, 1);
  });

  it('that watch share what is read of a change, and miss none', async () => {
    await using service = await counted();
    const ended = new AbortController();
    const watches = Array.from({ length: 20 }, () => service.calls.watch({}, ended.signal)[Symbol.asyncIterator]());
    const next = async () => (await Promise.all(watches.map((one) => one.next()))).map(({ value }) => value?.epoch);
    assert.deepEqual(new Set(await next()).size, 1);
    assert.ok(service.counts.snapshot < watches.length, `${service.counts.snapshot} snapshots`);
    for (const text of ['a', 'b', 'c']) {
      const before = service.counts.snapshot;
      const told = next();
      await service.store.addVersion(aVersion(text));
      const epoch = await service.store.epoch();
      assert.deepEqual(new Set(await told), new Set([epoch]));
      assert.ok(service.counts.snapshot - before < watches.length, `${service.counts.snapshot - before} snapshots`);
    }
    ended.abort();
    await Promise.all(watches.map((one) => one.return?.()));
  });
});
