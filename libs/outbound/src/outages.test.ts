import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, Journal } from '@sheaf/inference';
import { failingWith, openFakeService, well } from './testing/fake-service.ts';

const callsOf = ({ endpoints }: ReturnType<typeof openFakeService>): number[] => endpoints.map(({ calls }) => calls);

describe('an endpoint in a crash loop', () => {
  const outage = (endpoint: string, retryInMs: number) => ({
    service: 's',
    endpoint,
    ended: 'SIGKILL',
    count: 4,
    retryInMs,
  });

  it('is not asked while another one is there, whatever it says of itself', async () => {
    const service = openFakeService([well, well], { breaker: false, ejection: false }, Math.random);
    service.state.outages.replace([outage('endpoint-0', 9_000)]);
    assert.equal(await service.answered(20), 20);
    assert.deepEqual(callsOf(service), [0, 20]);
    service.state.outages.replace([]);
    service.wait(10_000);
    await service.answered(50);
    assert.notEqual(callsOf(service)[0], 0);
  });

  it('is not asked when it is the only one: the refusal names it, and when to come back', async () => {
    const service = openFakeService([well, well]);
    service.state.outages.replace([outage('endpoint-0', 9_000), outage('endpoint-1', 4_000)]);
    service.wait(1_000);
    const journal = new Journal();
    await assert.rejects(service.ask({ journal }), (error) => {
      assert.ok(error instanceof InferError);
      assert.equal(
        error.message,
        'service s: "m" is not there: its process ended 4 times in a row, last with SIGKILL; it may be back in 3000 ms',
      );
      assert.deepEqual([error.code, error.reason, error.retryAfterMs], ['UNAVAILABLE', 'CRASH_LOOP', 3_000]);
      assert.equal(error.metadata['endpoint'], 'endpoint-1');
      return true;
    });
    assert.equal(journal.spans[0]?.kind, 'try');
    await assert.rejects(service.ask({ timeoutMs: 3_000 }), { retryAfterMs: -1, retryDelayMs: 3_000 });
    service.wait(60_000);
    await assert.rejects(service.ask(), { reason: 'CRASH_LOOP', retryAfterMs: 1_000 });
    assert.deepEqual(callsOf(service), [0, 0]);
  });

  it('has no part in what the breakers of the others say', async () => {
    const service = openFakeService([failingWith('INTERNAL'), well], { ejection: false }, () => 0);
    service.state.outages.replace([outage('endpoint-1', 30_000)]);
    await service.answered(20);
    await assert.rejects(service.ask(), { reason: 'CIRCUIT_OPEN', retryAfterMs: 1_000 });
  });
});
