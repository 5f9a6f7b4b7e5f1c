/** The order in which a call meets the policies, by what it is refused with where several would refuse it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Journal } from '@sheaf/inference';
import { type Behave, failingWith, openFakeService, well } from './testing/fake-service.ts';

const slow: Behave = ({ pass }) => {
  pass(300);
  return undefined;
};
const overloaded = failingWith('UNAVAILABLE', { reason: 'OVERLOADED', progress: 'not-begun', retryAfterMs: 40 });
const endsProcess = failingWith('INTERNAL', { endedRun: { run: undefined, calls: 1 } });

describe('the way of a call to a service', () => {
  it('is not begun for what the service would refuse, whatever else would', async () => {
    const service = openFakeService([slow], { throttle: true }, () => 0);
    await service.answered(30);
    for (const endpoint of service.endpoints) endpoint.behave = overloaded;
    await service.answered(40);
    const before = service.endpoints[0]?.calls;
    const refused = { reason: 'OVERLOADED', decision: 'throttle:s' };
    await assert.rejects(service.ask({ timeoutMs: 200 }), refused, 'it would be too late as well');
    assert.equal(service.endpoints[0]?.calls, before);
  });

  it('has a call that is too late refused before its request is looked for in quarantine', async () => {
    const service = openFakeService([slow]);
    await service.answered(30);
    for (const endpoint of service.endpoints) endpoint.behave = endsProcess;
    await service.answered(1);
    await assert.rejects(service.ask({ timeoutMs: 200 }), { reason: 'DEADLINE_TOO_SHORT' });
    await assert.rejects(service.ask(), { reason: 'REQUEST_QUARANTINED' });
  });

  it('ends at quarantine before a breaker is asked, and tells a try that reached nobody', async () => {
    const service = openFakeService([endsProcess], { earlyRefusal: false });
    await service.answered(1);
    for (const endpoint of service.endpoints) endpoint.behave = failingWith('INTERNAL');
    await service.answered(30, { rows: 2 });
    await assert.rejects(service.ask({ rows: 2 }), { reason: 'CIRCUIT_OPEN' });
    const journal = new Journal();
    await assert.rejects(service.ask({ journal }), { reason: 'REQUEST_QUARANTINED' });
    assert.deepEqual(
      journal.spans.map(({ kind, attributes }) => [kind, attributes]),
      [['try', { 'sheaf.quarantined': true }]],
    );
  });

  for (const [how, code, reason] of [
    ['on the mesh stream', 'UNAVAILABLE', 'OVERLOADED'],
    ['as a call of its own', 'RESOURCE_EXHAUSTED', 'BYTES_IN_FLIGHT'],
  ] as const)
    it(`goes to another process where one has no room for its message (${how})`, async () => {
      const full = failingWith(code, { reason, decision: 'bytes-in-flight', progress: 'not-begun', retryAfterMs: 50 });
      const service = openFakeService([full, well], { retry: false }, () => 0);
      // As many as the budget for retries pays for at least.
      assert.equal(await service.answered(3), 3);
      assert.equal(service.endpoints[1]?.calls, 3);
      assert.deepEqual(service.transitions, []);
    });

  it('is gone once for each try, so that one that is tried again teaches each endpoint', async () => {
    const service = openFakeService([failingWith('INTERNAL', { retryAfterMs: -1 }), well], { retry: false }, () => 0);
    await service.answered(20);
    assert.deepEqual(service.transitions, ['endpoint-0: closed -> open']);
    assert.equal(await service.answered(5), 5);
  });

  it('has no throttle, early refusal, quarantine, breaker or ejection that is switched off', async () => {
    const off = { throttle: false, earlyRefusal: false, quarantine: false, breaker: false, ejection: false };
    const service = openFakeService([endsProcess], off);
    for (let call = 0; call < 60; call++) await assert.rejects(service.ask({ timeoutMs: 50 }), { code: 'INTERNAL' });
    assert.deepEqual([service.endpoints[0]?.calls, service.transitions], [60, []]);
  });
});
