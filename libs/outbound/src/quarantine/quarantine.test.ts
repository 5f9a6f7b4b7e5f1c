import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InferError } from '@sheaf/inference';
import { type Behave, failingWith, openFakeService, well } from '../testing/fake-service.ts';

const lost = failingWith('UNAVAILABLE', { reason: 'STREAM_LOST', progress: 'lost' });
const pastLimit = (calls: number): Behave =>
  failingWith('INTERNAL', {
    reason: 'RUN_LIMIT_EXCEEDED',
    endedRun: { run: undefined, calls },
    retryAfterMs: -1,
  });
const refused = {
  code: 'FAILED_PRECONDITION',
  reason: 'REQUEST_QUARANTINED',
  decision: 'quarantine:m',
  retryAfterMs: -1,
} as const;
const triesOf = ({ endpoints }: ReturnType<typeof openFakeService>): number =>
  endpoints.reduce((sum, { calls }) => sum + calls, 0);

describe('a call whose process was lost', () => {
  it('is tried again in a batch of its own, and answered', async () => {
    const isolated: (boolean | undefined)[] = [];
    const behave: Behave = (call) => {
      isolated.push(call.isolated);
      return call.attempt === 1 ? lost(call) : well(call);
    };
    const service = openFakeService([behave, behave]);
    await service.ask();
    assert.deepEqual(isolated, [false, true]);
    assert.equal(service.state.quarantine.requests.size, 0);
  });

  it('is quarantined when the second process is lost too: the same request reaches none, another one does', async () => {
    const service = openFakeService([lost, lost]);
    await assert.rejects(service.ask({ rows: 3 }), (error: InferError) => error.metadata['attempts'] === '2');
    await assert.rejects(service.ask({ rows: 3 }), refused);
    assert.equal(triesOf(service), 2);
    for (const endpoint of service.endpoints) endpoint.behave = well;
    assert.equal(await service.answered(3, { rows: 2 }), 3);
    assert.equal(await service.answered(3, { rows: 3, model: 'other' }), 3);
    service.wait(600_000);
    assert.equal(await service.answered(1, { rows: 3 }), 1);
  });

  it('is not where quarantine is switched off', async () => {
    const service = openFakeService([lost, lost], { quarantine: false });
    for (let call = 0; call < 2; call++) await assert.rejects(service.ask(), { code: 'UNAVAILABLE' });
  });

  it('shares the blame with those that were tried alone at the same place and time, and then has none when it is answered', async () => {
    const service = openFakeService([lost, lost]);
    const [first, second] = [service.ask({ rows: 1 }), service.ask({ rows: 2 })];
    const codes = (await Promise.allSettled([first, second])).map((result) => result.status);
    assert.deepEqual([codes, service.state.quarantine.requests.size], [['rejected', 'rejected'], 2]);
    const isolated: (boolean | undefined)[] = [];
    for (const endpoint of service.endpoints)
      endpoint.behave = (call) => {
        isolated.push(call.isolated);
        return well(call);
      };
    // Suspects: alone from the first try on.
    assert.equal(await service.answered(1, { rows: 1 }), 1);
    assert.equal(await service.answered(1, { rows: 1 }), 1);
    assert.deepEqual([isolated, service.state.quarantine.requests.size], [[true, false], 1]);
    for (const endpoint of service.endpoints) endpoint.behave = lost;
    await assert.rejects(service.ask({ rows: 2 }), (error: InferError) => error.metadata['attempts'] === undefined);
    await assert.rejects(service.ask({ rows: 2 }), refused);
  });
});

describe('a run past its limit', () => {
  it('is never retried, and quarantined when the run was of this call only', async () => {
    const service = openFakeService([pastLimit(1), well], {}, () => 0);
    await assert.rejects(service.ask(), { code: 'INTERNAL', reason: 'RUN_LIMIT_EXCEEDED' });
    await assert.rejects(service.ask(), refused);
    assert.equal(triesOf(service), 1);
  });

  it('of several calls is quarantined after it was past its limit alone', async () => {
    const isolated: (boolean | undefined)[] = [];
    const service = openFakeService([
      (call) => {
        isolated.push(call.isolated);
        return pastLimit(call.isolated ? 1 : 4)(call);
      },
    ]);
    for (let call = 0; call < 2; call++) await assert.rejects(service.ask(), { reason: 'RUN_LIMIT_EXCEEDED' });
    await assert.rejects(service.ask(), refused);
    assert.deepEqual(isolated, [false, true]);
  });

  it('of a transform is not: it ends no process', async () => {
    const service = openFakeService([failingWith('INTERNAL', { reason: 'RUN_LIMIT_EXCEEDED', retryAfterMs: -1 })]);
    for (let call = 0; call < 3; call++) await assert.rejects(service.ask(), { reason: 'RUN_LIMIT_EXCEEDED' });
    assert.equal(service.state.quarantine.requests.size, 0);
  });
});
