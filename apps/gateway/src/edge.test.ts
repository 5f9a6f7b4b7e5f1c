import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, Journal } from '@sheaf/inference';
import fc from 'fast-check';
import { type Behave, failingWith, openFakeService, well } from './fake-service.ts';

const unavailable = failingWith('UNAVAILABLE');
const lost = failingWith('UNAVAILABLE', { reason: 'STREAM_LOST', metadata: { may_have_begun: 'true' } });
const untouched = failingWith('UNAVAILABLE', { metadata: { may_have_begun: 'false' } });

/** Fails the first so many tries of a call. */
const failingFirst =
  (tries: number, error: Behave = unavailable): Behave =>
  (call) =>
    call.attempt <= tries ? error(call) : well(call);

const callsOf = ({ endpoints }: ReturnType<typeof openFakeService>): number[] => endpoints.map(({ calls }) => calls);

describe('a call that failed', () => {
  it('is tried again on another endpoint, and each try has its number', async () => {
    const service = openFakeService([failingFirst(2), failingFirst(2), failingFirst(2)]);
    const { parameters } = await service.ask();
    assert.equal(parameters.has('endpoint'), true);
    assert.deepEqual(callsOf(service), [1, 1, 1]);
  });

  it('is tried again on the same one where there is no other', async () => {
    const service = openFakeService([failingFirst(2)]);
    await service.ask();
    assert.deepEqual(callsOf(service), [3]);
  });

  it('fails after two more tries, and says how many there were', async () => {
    const service = openFakeService([unavailable]);
    await assert.rejects(service.ask(), { code: 'UNAVAILABLE', reason: 'STAGE_FAILED', metadata: { attempts: '3' } });
    assert.deepEqual(callsOf(service), [3]);
  });

  it('is tried once when it is not pure, unless it is sure not to have begun', async () => {
    const service = openFakeService([unavailable, unavailable]);
    await assert.rejects(service.ask({ model: 'impure' }), { reason: 'UNAVAILABLE' });
    assert.deepEqual(callsOf(service).sort(), [0, 1]);
    const other = openFakeService([untouched, well], {}, () => 0);
    assert.equal((await other.ask({ model: 'impure' })).parameters.get('endpoint'), 1);
  });

  it('is tried once more when its process was lost, and not a third time', async () => {
    const service = openFakeService([lost, lost, well], {}, () => 0);
    await assert.rejects(service.ask(), { code: 'UNAVAILABLE', metadata: { may_have_begun: 'true', attempts: '2' } });
  });

  it('is not tried again where no endpoint is ready', async () => {
    const service = openFakeService([untouched]);
    for (const endpoint of service.endpoints) endpoint.isReady = false;
    await assert.rejects(service.ask(), { code: 'UNAVAILABLE' });
    assert.deepEqual(callsOf(service), [1]);
  });

  it('is tried again where the server says when, and no earlier', async () => {
    const service = openFakeService([failingFirst(1, failingWith('UNAVAILABLE', { retryAfterMs: 100 }))]);
    await service.ask();
    assert.equal(service.now(), 1 + 100 + 1);
  });

  it('goes to another endpoint at once when it is sure not to have begun, and that costs no retry', async () => {
    const service = openFakeService([untouched, untouched, well], { retry: false, breaker: false });
    assert.equal(await service.answered(50), 50);
    assert.equal(service.guards.of('s').budget.take(), true);
  });

  it('is told at once that all endpoints have too much to do, and goes on where one has not', async () => {
    const overloaded = failingWith('UNAVAILABLE', { reason: 'OVERLOADED', retryAfterMs: 100 });
    const all = openFakeService([overloaded, overloaded]);
    await assert.rejects(all.ask(), { reason: 'OVERLOADED', retryAfterMs: 100 });
    assert.deepEqual(callsOf(all), [1, 1]);
    const one = openFakeService([overloaded, well], {}, () => 0);
    await one.ask();
    assert.deepEqual(callsOf(one), [1, 1]);
  });

  it('is not tried again when retries are switched off', async () => {
    const service = openFakeService([unavailable, well], { retry: false }, () => 0);
    await assert.rejects(service.ask(), { reason: 'UNAVAILABLE' });
  });

  it('never makes more than 1.2 tries a call, whatever fails', async () => {
    const rates = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 });
    const errors = fc.constantFrom(unavailable, lost, failingWith('UNAVAILABLE', { retryAfterMs: 3 }));
    await fc.assert(
      fc.asyncProperty(rates, errors, fc.boolean(), fc.integer(), async (failing, error, breaker, seed) => {
        let state = seed;
        const random = (): number => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        const behaviours = failing.map(
          (rate): Behave =>
            (call) =>
              random() < rate ? error(call) : well(call),
        );
        const service = openFakeService(behaviours, { breaker, earlyRefusal: false }, random);
        const calls = 300;
        await service.answered(calls);
        const tries = callsOf(service).reduce((sum, count) => sum + count, 0);
        assert.ok(tries <= 1.2 * calls + 3, `${tries} tries of ${calls} calls`);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a service of which some calls fail', () => {
  /** Of each ten tries two fail, in an order that nobody foresees. */
  function flaky(): Behave {
    let left: boolean[] = [];
    let state = 7;
    return (call) => {
      if (left.length === 0) left = Array.from({ length: 10 }, (_, n) => n < 2);
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const [fails] = left.splice(Math.floor((state / 2 ** 32) * left.length), 1);
      return fails ? unavailable(call) : well(call);
    };
  }

  it('answers nearly always where one of two endpoints refuses a fifth, and without retries it does not', async () => {
    const share = async (retry: boolean): Promise<number> =>
      (await openFakeService([flaky(), well], { retry }, Math.random).answered(2_000)) / 2_000;
    assert.ok((await share(true)) >= 0.999);
    assert.ok((await share(false)) < 0.95);
  });

  it('answers 95 of 100 calls where the only endpoint refuses a fifth', async () => {
    const service = openFakeService([flaky()]);
    assert.ok((await service.answered(2_000)) >= 1_900);
    assert.ok((callsOf(service)[0] ?? 0) <= 2_400);
  });
});

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
      service.guards.breakers.reports().map(({ model, version, state }) => [model, version, state]),
      [
        ['m', '3', 'open'],
        ['other', '3', 'closed'],
      ],
    );
  });

  it('are forced open and closed by an operator', async () => {
    const service = openFakeService([well]);
    await service.ask();
    service.guards.breakers.force({ service: 's', model: 'm' }, 'open');
    await assert.rejects(service.ask(), { reason: 'CIRCUIT_OPEN', retryAfterMs: -1, message: /an operator/ });
    service.guards.breakers.force({ service: 's' }, undefined);
    await service.ask();
  });

  it('stay forced where a process comes back at another address, until they are given back', () => {
    const { breakers } = openFakeService([]).guards;
    const at = (endpoint: string) => breakers.of({ service: 's', endpoint, model: 'm', version: '1' }).state;
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

describe('an endpoint that is much worse than its sibling', () => {
  const grey: Behave = ({ pass }) => {
    pass(200);
    return undefined;
  };

  async function share(ejection: boolean): Promise<number> {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const service = openFakeService([well, grey], { ejection, breaker: false, earlyRefusal: false }, random);
    await service.answered(200);
    const before = callsOf(service)[1] ?? 0;
    await service.answered(100);
    return (callsOf(service)[1] ?? 0) - before;
  }

  it('is left out, though it answers; and is not where that is switched off', async () => {
    assert.equal(await share(true), 0);
    assert.ok((await share(false)) > 20);
  });
});

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
