import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CallContext, Journal, trustedCaller } from '@sheaf/inference';
import { RestartWaits, restartWaitMaxMs, waitingMax } from './restart-waits.ts';
import { type Behave, failingWith, openFakeService, well } from './testing/fake-service.ts';

const lost = failingWith('UNAVAILABLE', { reason: 'STREAM_LOST', progress: 'lost' });

/** One whose process ends with its first call, and is back at a time. */
function restarting(backAt: number, isSupervised = true) {
  let isGone = false;
  const behave: Behave = (call) => {
    if (isGone) return well(call);
    isGone = true;
    return lost(call);
  };
  const service = openFakeService([behave], {}, undefined, isSupervised);
  for (const endpoint of service.endpoints)
    Object.defineProperty(endpoint, 'isReady', { get: () => !isGone || service.now() >= backAt });
  return service;
}

const untouched = failingWith('UNAVAILABLE', { progress: 'not-begun' });

const failed = { code: 'UNAVAILABLE', progress: 'lost' };

describe('a stage whose only endpoint is lost', () => {
  it('waits until the process is there again, and its explanation says so', async () => {
    const service = restarting(1_500);
    const journal = new Journal();
    await service.ask({ patience: 'once-begun', timeoutMs: 28_000, journal });
    assert.ok(service.now() >= 1_500 && service.now() < 1_600, `${service.now()} ms`);
    assert.deepEqual(
      journal.spans.flatMap(({ kind, name, code }) => (kind === 'wait' ? [[name, code]] : [])),
      [['s', 'OK']],
    );
  });

  it('fails at once where another answer is at hand, nobody starts it again, or asking twice may do more than once', async () => {
    const asked = [
      restarting(1_500).ask({ patience: 'never', timeoutMs: 28_000 }),
      restarting(1_500, false).ask({ patience: 'once-begun', timeoutMs: 28_000 }),
      restarting(1_500).ask({ patience: 'once-begun', timeoutMs: 28_000, model: 'impure' }),
    ];
    for (const call of asked) await assert.rejects(call, failed);
  });

  it('waits before it has begun only where work was done for it before', async () => {
    const away = () => {
      const service = openFakeService([(call) => (service.now() < 1_500 ? untouched(call) : well(call))]);
      for (const endpoint of service.endpoints)
        Object.defineProperty(endpoint, 'isReady', { get: () => service.now() >= 1_500 });
      return service;
    };
    await away().ask({ patience: 'always', timeoutMs: 28_000 });
    await away().ask({ patience: 'always', timeoutMs: 28_000, model: 'impure' });
    await assert.rejects(away().ask({ patience: 'once-begun', timeoutMs: 28_000 }), { code: 'UNAVAILABLE' });
  });

  it('fails at once when its process ends again and again', async () => {
    const service = restarting(1_500);
    service.state.outages.replace([
      { service: 's', endpoint: 'endpoint-0', ended: 'SIGSEGV', count: 3, retryInMs: 8_000 },
    ]);
    await assert.rejects(service.ask({ patience: 'once-begun', timeoutMs: 28_000 }), { reason: 'CRASH_LOOP' });
    assert.ok(service.now() < 100);
  });

  it('leaves itself a fifth of its time, and waits for no longer than that or the most there is', async () => {
    for (const [timeoutMs, mostMs] of [
      [1_000, 800],
      [600_000, restartWaitMaxMs],
    ] as const) {
      const service = restarting(Number.POSITIVE_INFINITY);
      await assert.rejects(service.ask({ patience: 'once-begun', timeoutMs }), failed);
      assert.ok(service.now() >= mostMs && service.now() <= mostMs + 100, `${service.now()} ms`);
    }
  });
});

describe('the calls that wait for a service', () => {
  it('are bounded: one more fails at once', async () => {
    const waits = new RestartWaits('s');
    const journal = new Journal();
    const context: CallContext = {
      clock: { now: () => 0, after: () => () => {} },
      deadline: 1_000,
      signal: new AbortController().signal,
      snapshot: { epoch: 1 },
      principal: trustedCaller,
      journal,
      span: journal.start('request', 'test', undefined),
    };
    const never = { isOpen: () => false, isLost: () => false };
    for (let n = 0; n < waitingMax; n++) void waits.wait(500, never, context);
    assert.equal(await waits.wait(500, never, context), false);
  });
});
