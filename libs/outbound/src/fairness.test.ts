/** What one caller does at the upstream to a service, and what others meet of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { type Behave, failingWith, openFakeService, well } from './testing/fake-service.ts';

const late: Behave = ({ pass }) => {
  pass(60);
  return new InferError('DEADLINE_EXCEEDED', 'the deadline passed');
};
/** What the endpoint does with calls of each tenant in turn. */
const single = { retry: false, earlyRefusal: false, ejection: false } as const;

describe('the breaker of a service', () => {
  it('does not count a deadline for rows of which nobody knows how long they take', async () => {
    const service = openFakeService([well], single);
    await service.answered(30, { tenant: 'good' });
    const [endpoint] = service.endpoints;
    assert.ok(endpoint);
    endpoint.behave = late;
    await service.answered(100, { tenant: 'bad', rows: 16_000, timeoutMs: 55 });
    assert.deepEqual(service.transitions, []);
    endpoint.behave = well;
    assert.equal(await service.answered(10, { tenant: 'bad' }), 10);
  });

  it('does not count a deadline behind such a call', async () => {
    const service = openFakeService([well], single);
    await service.answered(30);
    const [endpoint] = service.endpoints;
    assert.ok(endpoint);
    endpoint.behave = late;
    await service.answered(1, { rows: 16_000, timeoutMs: 55 });
    await service.answered(100, { timeoutMs: 60 });
    assert.deepEqual(service.transitions, []);
  });

  it('counts a deadline that left what such calls take', async () => {
    const service = openFakeService([well], single);
    await service.answered(30);
    for (const endpoint of service.endpoints) endpoint.behave = late;
    await service.answered(30, { timeoutMs: 60 });
    assert.deepEqual(service.transitions, ['endpoint-0: closed -> open']);
  });

  it('opens for the tenant whose calls fail, whatever they fail with', async () => {
    const codes = ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const;
    for (const code of codes) {
      const service = openFakeService([well], single);
      const [endpoint] = service.endpoints;
      assert.ok(endpoint);
      const as = async (tenant: string, behave: Behave): Promise<number> => {
        endpoint.behave = behave;
        return service.answered(1, { tenant });
      };
      let answered = 0;
      for (let n = 0; n < 100; n++) {
        answered += await as('good', well);
        await as('bad', failingWith(code));
      }
      assert.equal(answered, 100, code);
      await assert.rejects(service.ask({ tenant: 'bad' }), { reason: 'CIRCUIT_OPEN' });
      assert.deepEqual(
        service.state.breakers.reports().map(({ state, shutOut }) => [state, shutOut]),
        [['closed', ['bad']]],
      );
    }
  });
});

describe('a caller whose calls end the process', () => {
  it('is slowed whatever it varies, says so, and no other is', async () => {
    const ends = failingWith('INTERNAL', { endedRun: { run: undefined, calls: 1 } });
    const service = openFakeService([well], single);
    const [endpoint] = service.endpoints;
    assert.ok(endpoint);
    endpoint.behave = ends;
    assert.equal(await service.answered(2, { tenant: 'bad', rows: 1 }), 0);
    assert.equal(endpoint.calls, 1, 'the same request is in quarantine');
    await service.answered(1, { tenant: 'bad', rows: 2 });
    endpoint.behave = well;
    const refused = { code: 'RESOURCE_EXHAUSTED', reason: 'CALLER_SLOWED', retryAfterMs: 10_000 };
    await assert.rejects(service.ask({ tenant: 'bad', rows: 3 }), refused);
    assert.equal(await service.answered(5, { tenant: 'good', rows: 3 }), 5);
    service.wait(10_000);
    assert.equal(await service.answered(1, { tenant: 'bad', rows: 3 }), 1);
  });
});

const lost = failingWith('UNAVAILABLE', { reason: 'STREAM_LOST', progress: 'lost' });

describe('a process that is lost and does not say for whose call', () => {
  const lonely = { ...single, retry: true, breaker: false } as const;
  type Service = ReturnType<typeof openFakeService>;
  /** The process is lost with each of these calls and with its second try, and well again afterwards. */
  async function loseTwice(service: Service, rounds: number, also?: (round: number) => Promise<() => Promise<void>>) {
    const [endpoint] = service.endpoints;
    assert.ok(endpoint);
    for (let round = 1; round <= rounds; round++) {
      endpoint.behave = well;
      const leave = await also?.(round);
      endpoint.behave = lost;
      assert.equal(await service.answered(1, { tenant: 'victim', rows: round }), 0);
      await leave?.();
    }
    endpoint.behave = well;
  }
  async function assertFree({ state, answered }: Service, rows: number): Promise<void> {
    assert.deepEqual(
      [state.quarantine.offenders.list(), state.quarantine.requests.list().filter(({ refused }) => refused)],
      [[], []],
    );
    for (let round = 1; round <= rows; round++) assert.equal(await answered(1, { tenant: 'victim', rows: round }), 1);
  }

  it('is not lost for one that was tried alone beside the first try of another', async () => {
    const service = openFakeService([well], lonely);
    await loseTwice(service, 4, async (round) => {
      const end = Promise.withResolvers<InferError>();
      for (const endpoint of service.endpoints) endpoint.behave = () => end.promise;
      const killing = service.answered(1, { tenant: 'mallory', rows: 100 + round });
      await new Promise(setImmediate);
      return async () => {
        end.resolve(new InferError('CANCELLED', 'left'));
        await killing;
      };
    });
    await assertFree(service, 4);
  });

  it('nor for one that came after a call that was left and may still run', async () => {
    const service = openFakeService([well], lonely);
    await loseTwice(service, 3, async (round) => {
      for (const endpoint of service.endpoints) endpoint.behave = failingWith('CANCELLED');
      await service.answered(1, { tenant: 'mallory', rows: 100 + round });
      return async () => {};
    });
    await assertFree(service, 3);
  });

  it('nor while other gateways have calls there', async () => {
    const service = openFakeService([well], lonely);
    for (const endpoint of service.endpoints) Object.assign(endpoint, { busy: 1 });
    await loseTwice(service, 3);
    await assertFree(service, 3);
  });

  it('is lost for the one whose calls alone are there whenever it is, whatever they vary and also without a second try', async () => {
    const service = openFakeService([lost], { ...lonely, retry: false });
    for (let rows = 1; rows <= 4; rows++) {
      assert.equal(service.state.quarantine.offenders.find('s', 'key:bad')?.slowedMs ?? 0, 0);
      await service.answered(1, { tenant: 'bad', rows });
    }
    await assert.rejects(service.ask({ tenant: 'bad', rows: 5 }), { reason: 'CALLER_SLOWED' });
    for (const endpoint of service.endpoints) endpoint.behave = well;
    assert.equal(await service.answered(3, { tenant: 'good' }), 3);
  });
});

describe('what calls of a service usually take', () => {
  const taking =
    (ms: number): Behave =>
    ({ pass }) => {
      pass(ms);
      return undefined;
    };
  async function answered(service: ReturnType<typeof openFakeService>, tenant: string, ms: number, timeoutMs = 5_000) {
    for (const endpoint of service.endpoints) endpoint.behave = taking(ms);
    return service.answered(1, { tenant, timeoutMs });
  }

  it('is of each tenant: slow inputs of one have no call of another refused early', async () => {
    const service = openFakeService([well], { breaker: false, ejection: false });
    for (let n = 0; n < 100; n++) await answered(service, 'bad', 300);
    await assert.rejects(service.ask({ tenant: 'bad', timeoutMs: 100 }), { reason: 'DEADLINE_TOO_SHORT' });
    let good = 0;
    for (let n = 0; n < 100; n++) {
      await answered(service, 'bad', 300);
      good += await answered(service, 'good', 10, 100);
    }
    assert.equal(good, 100);
  });

  it('is of each tenant: quick inputs of one make no slow ones of another', async () => {
    const service = openFakeService([well], { ejection: false });
    for (let n = 0; n < 60; n++) {
      for (let quick = 0; quick < 10; quick++) await answered(service, 'bad', 1);
      await answered(service, 'good', 200);
    }
    assert.deepEqual(service.transitions, []);
  });

  it('is what those of all take for a tenant of whom nothing is known', async () => {
    const service = openFakeService([well], single);
    await service.answered(30, { tenant: 'other' });
    for (const endpoint of service.endpoints) endpoint.behave = late;
    await service.answered(30, { tenant: 'new', timeoutMs: 60 });
    assert.deepEqual(service.transitions, ['endpoint-0: closed -> open']);
  });
});

describe('the budget of retries', () => {
  it('is of each tenant: calls of one that fail leave others theirs', async () => {
    const unavailable = failingWith('UNAVAILABLE');
    const service = openFakeService([unavailable], { breaker: false, ejection: false });
    const [endpoint] = service.endpoints;
    assert.ok(endpoint);
    await service.answered(100, { tenant: 'bad' });
    endpoint.behave = (call) => (call.attempt === 1 ? unavailable(call) : well(call));
    assert.equal(await service.answered(3, { tenant: 'good' }), 3);
    assert.equal(await service.answered(3, { tenant: 'bad' }), 0);
  });
});
