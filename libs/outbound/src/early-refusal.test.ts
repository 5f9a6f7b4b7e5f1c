import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Behave, openFakeService, well } from './testing/fake-service.ts';

describe('a call of a model whose time is too short', () => {
  const taking =
    (ms: number): Behave =>
    ({ pass }) => {
      pass(ms);
      return undefined;
    };

  it('is refused at once, until 30 s after a slow spell', async () => {
    const service = openFakeService([taking(300)]);
    await service.answered(30);
    service.wait(100);
    for (const endpoint of service.endpoints) endpoint.behave = well;
    const slowEnd = service.now();
    await assert.rejects(service.ask({ timeoutMs: 299 }), {
      code: 'DEADLINE_EXCEEDED',
      reason: 'DEADLINE_TOO_SHORT',
      retryAfterMs: -1,
      metadata: { remaining_ms: '299', estimate_ms: '300', stage: 'm' },
    });
    while ((await service.answered(1, { timeoutMs: 100 })) === 0) service.wait(50);
    assert.ok(service.now() - slowEnd <= 30_000, `${service.now() - slowEnd} ms`);
  });

  it('is judged by calls of about as many rows', async () => {
    const service = openFakeService([taking(300)]);
    await service.answered(30, { rows: 100 });
    await assert.rejects(service.ask({ rows: 100, timeoutMs: 200 }), { reason: 'DEADLINE_TOO_SHORT' });
    await service.ask({ rows: 1, timeoutMs: 200 });
  });

  it('is tried where that is switched off', async () => {
    const service = openFakeService([taking(300)], { earlyRefusal: false });
    await service.answered(30);
    await service.ask({ timeoutMs: 200 });
  });
});
