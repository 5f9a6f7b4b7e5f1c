import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, Journal } from '@sheaf/inference';
import { type Behave, failingWith, openFakeService, well } from './testing/fake-service.ts';

const untouched = failingWith('UNAVAILABLE', { progress: 'not-begun' });

const callsOf = ({ endpoints }: ReturnType<typeof openFakeService>): number[] => endpoints.map(({ calls }) => calls);

describe('the breakers of a service', () => {
  it('never refuse a call while one endpoint is well', async () => {
    const service = openFakeService([failingWith('INTERNAL'), well], { ejection: false }, () => 0);
    await service.answered(100);
    assert.deepEqual(service.transitions[0], 'endpoint-0: closed -> open');
    const before = callsOf(service)[0];
    assert.equal(await service.answered(50), 50);
    assert.equal(callsOf(service)[0], before);
  });

  it('refuse when all are open, and say which call may come back when', async () => {
    const service = openFakeService([failingWith('INTERNAL')], {}, () => 0);
    await service.answered(20);
    const journal = new Journal();
    await assert.rejects(service.ask({ journal }), (error) => {
      assert.ok(error instanceof InferError);
      const { service: name, model, version, endpoint, opened_at: openedAt } = error.metadata;
      assert.deepEqual([error.code, error.reason, error.retryAfterMs], ['UNAVAILABLE', 'CIRCUIT_OPEN', 1_000]);
      assert.deepEqual([name, model, version, endpoint], ['s', 'm', '3', 'endpoint-0']);
      assert.ok(Date.parse(openedAt ?? '') > 0);
      return true;
    });
    const [refused] = journal.spans;
    assert.deepEqual(
      [refused?.kind, refused?.code, refused?.attributes['sheaf.breaker']],
      ['try', 'UNAVAILABLE', 'open'],
    );
    await assert.rejects(service.ask({ timeoutMs: 1_000 }), { retryAfterMs: -1, retryDelayMs: 1_000 });
    assert.equal(service.endpoints[0]?.calls, 20);
  });

  it('let one call find out when the time is up and the endpoint says that it is ready', async () => {
    const service = openFakeService([failingWith('INTERNAL')], {}, () => 0);
    await service.answered(20);
    const [endpoint] = service.endpoints;
    assert.ok(endpoint);
    endpoint.isReady = false;
    service.wait(1_000);
    await assert.rejects(service.ask(), { reason: 'CIRCUIT_OPEN', retryAfterMs: 100 });
    endpoint.isReady = true;
    endpoint.behave = well;
    assert.equal(await service.answered(10), 10);
    assert.equal(service.transitions.at(-1), 'endpoint-0: half-open -> closed');
  });

  it('show in the trace of the call that changed them', async () => {
    const service = openFakeService([failingWith('INTERNAL')], { retry: false });
    const { state, ask, answered, wait, endpoints } = service;
    const transitionsOf = async (): Promise<unknown[]> => {
      const journal = new Journal();
      await ask({ journal }).catch(() => {});
      return journal.spans
        .filter(({ kind }) => kind === 'breaker')
        .map(({ name, startMs, endMs, attributes: { 'sheaf.breaker.from': from, ...others } }) => {
          assert.ok(endMs - startMs < 500);
          return [name, from, others['sheaf.breaker.to'], others['sheaf.breaker.open_ms'], others['sheaf.endpoint']];
        });
    };
    await answered(19);
    const [opening, refused] = [await transitionsOf(), await transitionsOf()];
    assert.deepEqual(opening, [['m/3', 'closed', 'open', 1_250, 'endpoint-0']]);
    assert.deepEqual(refused, []);
    wait(1_250);
    assert.deepEqual(await transitionsOf(), [
      ['m/3', 'open', 'half-open', undefined, 'endpoint-0'],
      ['m/3', 'half-open', 'open', 2_500, 'endpoint-0'],
    ]);
    wait(2_500);
    (endpoints[0] as { behave: Behave }).behave = well;
    assert.deepEqual(await transitionsOf(), [
      ['m/3', 'open', 'half-open', undefined, 'endpoint-0'],
      ['m/3', 'half-open', 'closed', undefined, 'endpoint-0'],
    ]);
    state.breakers.close();
  });

  it('stay open no longer than before when the trial did not get there', async () => {
    const service = openFakeService([failingWith('INTERNAL')], { retry: false }, () => 0);
    await service.answered(20);
    for (const endpoint of service.endpoints) endpoint.behave = untouched;
    service.wait(1_000);
    await service.answered(1);
    await assert.rejects(service.ask(), { reason: 'CIRCUIT_OPEN', retryAfterMs: 1_000 });
  });

  it('are of one model version each', async () => {
    const service = openFakeService([failingWith('INTERNAL')]);
    await service.answered(20);
    await assert.rejects(service.ask({ model: 'other' }), { reason: 'INTERNAL' });
    assert.deepEqual(
      service.state.breakers.reports().map(({ model, version, state }) => [model, version, state]),
      [
        ['m', '3', 'open'],
        ['other', '3', 'closed'],
      ],
    );
  });

  it('are forced open and closed by an operator', async () => {
    const service = openFakeService([well]);
    await service.ask();
    service.state.breakers.force({ service: 's', model: 'm' }, 'open');
    await assert.rejects(service.ask(), { reason: 'CIRCUIT_OPEN', retryAfterMs: -1, message: /an operator/ });
    service.state.breakers.force({ service: 's' }, undefined);
    await service.ask();
  });

  it('stay forced where a process comes back at another address, until they are given back', () => {
    const { breakers } = openFakeService([]).state;
    const at = (endpoint: string) =>
      breakers.getOrCreate({ service: 's', endpoint, model: 'm', version: '1' }).seen.state;
    breakers.force({ model: 'm' }, 'open');
    assert.deepEqual(
      [at('a'), breakers.force({ endpoint: 'a' }, undefined)[0]?.state, at('b')],
      ['forced-open', 'closed', 'forced-open'],
    );
    breakers.force({ model: 'm' }, undefined);
    assert.deepEqual([at('b'), at('c')], ['closed', 'closed']);
  });

  it('are not there when they are switched off', async () => {
    const service = openFakeService([failingWith('INTERNAL')], { breaker: false });
    await service.answered(50);
    assert.deepEqual([callsOf(service), service.transitions], [[50], []]);
  });
});
