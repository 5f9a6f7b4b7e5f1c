import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Journal } from '@sheaf/inference';
import fc from 'fast-check';
import { type Behave, failingWith, openFakeService, well } from './testing/fake-service.ts';

const unavailable = failingWith('UNAVAILABLE');
const lost = failingWith('UNAVAILABLE', { reason: 'STREAM_LOST', progress: 'lost' });
const untouched = failingWith('UNAVAILABLE', { progress: 'not-begun' });

const overloaded = failingWith('UNAVAILABLE', {
  reason: 'OVERLOADED',
  decision: 'load:m/3',
  progress: 'not-begun',
  retryAfterMs: 40,
});

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
    await assert.rejects(service.ask(), { code: 'UNAVAILABLE', progress: 'lost', metadata: { attempts: '2' } });
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
    assert.equal(service.state.getOrCreate('s').budgets.getOrCreate('anonymous').take(), true);
  });

  it('is not tried again when retries are switched off', async () => {
    const service = openFakeService([unavailable, well], { retry: false }, () => 0);
    await assert.rejects(service.ask(), { reason: 'UNAVAILABLE' });
  });

  it('never makes more than 1.2 tries a call, whatever fails', async () => {
    const rates = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 });
    const errors = fc.constantFrom(unavailable, lost, failingWith('UNAVAILABLE', { retryAfterMs: 3 }), overloaded);
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

describe('a call that an endpoint has no room for', () => {
  it('goes to another one at once, also when it is not pure', async () => {
    const service = openFakeService([overloaded, well], {}, () => 0);
    assert.equal((await service.ask({ model: 'impure' })).parameters.get('endpoint'), 1);
    assert.deepEqual([callsOf(service), service.now()], [[1, 1], 2]);
  });

  it('goes to another one first when that is known before', async () => {
    const service = openFakeService([overloaded, well], {}, () => 0);
    for (const endpoint of service.endpoints.slice(0, 1)) endpoint.full = 1;
    assert.equal(await service.answered(10), 10);
    assert.deepEqual(callsOf(service), [0, 10]);
  });

  it('is refused once all have refused it, and says not to come back', async () => {
    for (const count of [1, 3]) {
      const service = openFakeService(Array(count).fill(overloaded));
      const metadata = { service: 's', ...(count > 1 ? { attempts: String(count) } : {}) };
      await assert.rejects(service.ask(), {
        code: 'UNAVAILABLE',
        reason: 'OVERLOADED_ALL',
        decision: 'load:m/3',
        retryAfterMs: -1,
        retryDelayMs: 40,
        metadata,
      });
      assert.deepEqual(callsOf(service), Array(count).fill(1));
    }
  });

  it('is not one that all have refused while one of them failed otherwise', async () => {
    const service = openFakeService([overloaded, failingWith('INTERNAL')], {}, () => 0);
    await assert.rejects(service.ask(), { reason: 'STAGE_FAILED', code: 'INTERNAL' });
  });

  it('asks no other when the budget is used up', async () => {
    const service = openFakeService([overloaded, overloaded], { retry: false });
    const journal = new Journal();
    await service.answered(100);
    await assert.rejects(service.ask({ journal }), { reason: 'OVERLOADED', retryAfterMs: 40 });
    const [first, second] = callsOf(service);
    assert.ok((first ?? 0) + (second ?? 0) <= 121, `${first} and ${second}`);
  });

  it('is refused by all when the others are not ready', async () => {
    const alone = openFakeService([overloaded, well], {}, () => 0);
    for (const endpoint of alone.endpoints.slice(1)) endpoint.isReady = false;
    await assert.rejects(alone.ask(), { reason: 'OVERLOADED_ALL' });
    assert.deepEqual(callsOf(alone), [1, 0]);
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
