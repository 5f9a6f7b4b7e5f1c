import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CallContext,
  InferError,
  Journal,
  monotonicClock,
  type Priority,
  tensorOf,
  trustedCaller,
} from '@sheaf/inference';
import { FakeWorker, turn } from '../testing/fake-worker.ts';
import { type QueueOptions, queueDefault } from './call-queue.ts';
import { Scheduler } from './scheduler.ts';

/** Runs of 100 ms each, on a clock that only they move; one call is one run. */
function start(queue: Partial<QueueOptions> = {}, workers = [new FakeWorker()]) {
  let now = 0;
  const clock = { ...monotonicClock, now: () => now };
  const scheduler = new Scheduler({
    subject: 'model m/1',
    spanName: 'm/1',
    workers,
    batching: undefined,
    queue: { ...queueDefault, ...queue },
    outputBytesMax: 1_000,
    clock,
    random: () => 0.5,
  });
  const [worker] = workers as [FakeWorker];
  worker.msOf = () => 100;
  const ask = (value: number, timeMs: number, priority: Priority = 'standard') => {
    const journal = new Journal();
    const span = journal.start('request', 'test', undefined);
    const { signal } = new AbortController();
    const context: CallContext = {
      clock,
      deadline: now + timeMs,
      signal,
      snapshot: { epoch: 0 },
      principal: trustedCaller,
      journal,
      span,
    };
    const input = tensorOf('x', 'FP32', [1], Float32Array.of(value));
    const call = { inputs: [input], outputs: ['y'], key: 'a', priority, level: 0 };
    const state = { outcome: 'open' };
    const answer = scheduler.infer(
      { ...call, isolated: false, queueTimeoutMs: undefined, parameters: new Map() },
      context,
    );
    answer.then(
      () => (state.outcome = 'answered'),
      (error: unknown) => (state.outcome = error instanceof InferError ? error.reason : 'failed'),
    );
    return { state, answer };
  };
  const run = async (): Promise<void> => {
    now += 100;
    await worker.finish();
  };
  const learn = async (): Promise<void> => {
    for (let value = 0; value < 10; value++) {
      ask(value, 60_000);
      await turn();
      await run();
    }
  };
  return { scheduler, worker, ask, run, learn, pass: (ms: number) => (now += ms) };
}

describe('a scheduler with more to do than it can', () => {
  it('refuses a call that cannot be served in time when it comes, and never runs it', async () => {
    const { ask, learn, run, worker, scheduler } = start();
    await learn();
    const first = ask(100, 1_000);
    await turn();
    const second = ask(101, 250);
    const third = ask(102, 370);
    await assert.rejects(third.answer, {
      code: 'UNAVAILABLE',
      reason: 'OVERLOADED',
      decision: 'load:m/1',
      retryAfterMs: 55,
      message: 'model m/1: it cannot be served before its deadline',
    });
    assert.deepEqual([first.state.outcome, second.state.outcome, scheduler.load.calls], ['open', 'open', 2]);
    for (let runs = 0; runs < 3; runs++) await run();
    assert.deepEqual([first.state.outcome, second.state.outcome], ['answered', 'answered']);
    assert.deepEqual(worker.given.slice(10), [[100], [101]]);
  });

  it('lets those go that would miss their deadline when an important call goes before them', async () => {
    const { ask, learn } = start();
    await learn();
    ask(100, 1_000);
    await turn();
    const plain = ask(1, 280);
    const patient = ask(2, 5_000);
    const important = Array.from({ length: 5 }, (_, index) => ask(10 + index, 1_000, 'critical'));
    await turn();
    assert.deepEqual(
      [plain, patient, ...important].map(({ state }) => state.outcome),
      ['OVERLOADED', 'open', 'open', 'open', 'open', 'open', 'open'],
    );
  });

  it('does not run a call whose time is up, though its timer has not told yet', async () => {
    const { ask, run, worker, pass } = start();
    ask(100, 1_000);
    await turn();
    const late = ask(101, 500);
    const next = ask(102, 5_000);
    pass(450);
    await run();
    assert.deepEqual([late.state.outcome, next.state.outcome], ['DEADLINE_EXCEEDED_IN_STAGE', 'open']);
    await run();
    assert.deepEqual(worker.given, [[100], [102]]);
  });

  it('makes room for a more important call when its places are taken', async () => {
    const { ask } = start({ callsMax: 3 });
    ask(100, 1_000);
    await turn();
    const sheddable = [1, 2, 3].map((value) => ask(value, 1_000 + value, 'sheddable'));
    const critical = ask(4, 1_000, 'critical');
    await turn();
    assert.deepEqual(
      [...sheddable, critical].map(({ state }) => state.outcome),
      ['open', 'open', 'OVERLOADED', 'open'],
    );
  });

  it('lets what matters least go elsewhere when its process is about to end, and finishes the rest', async () => {
    const { ask, run, scheduler } = start();
    const begun = ask(100, 10_000, 'sheddable');
    await turn();
    const waiting = [ask(1, 10_000, 'sheddable'), ask(2, 10_000), ask(3, 10_000, 'critical')];
    scheduler.shedForDrain();
    for (let runs = 0; runs < 3; runs++) await run();
    assert.deepEqual(
      [begun, ...waiting].map(({ state }) => state.outcome),
      ['answered', 'DRAINING', 'answered', 'answered'],
    );
    await assert.rejects(waiting[0]?.answer as Promise<unknown>, {
      progress: 'not-begun',
      retryAfterMs: 0,
    });
  });

  it('tells with its load how full it is', async () => {
    const { ask, scheduler } = start({ callsMax: 4 });
    ask(100, 1_000);
    await turn();
    ask(1, 1_000);
    assert.equal(scheduler.load.utilization, 0.25);
    for (let value = 0; value < 9; value++) ask(value, 1_000);
    assert.equal(scheduler.load.utilization, 1);
  });

  it('is not put off for ever by runs that once were slow: it runs what comes, and learns', async () => {
    const { ask, learn, run, pass, worker } = start();
    await learn();
    ask(100, 60_000);
    await turn();
    // As when its process is stopped for half a minute.
    pass(30_000);
    worker.msOf = () => 30_100;
    await run();
    worker.msOf = () => 100;
    for (let value = 0; value < 20; value++) {
      const { state } = ask(value, 150);
      await turn();
      await run();
      assert.equal(state.outcome, 'answered');
    }
  });

  it('has fewer workers run at once while runs take longer for it', async () => {
    const workers = [new FakeWorker(), new FakeWorker()];
    const { ask, learn } = start({}, workers);
    await learn();
    const atOnce = async (ms: number, rounds: number): Promise<number> => {
      let busy = 0;
      for (let round = 0; round < rounds; round++) {
        for (const worker of workers) worker.msOf = () => ms;
        const before = workers.map(({ taken }) => taken);
        for (const value of [1, 2]) ask(value, 60_000);
        await turn();
        busy = workers.filter(({ taken }, at) => taken > (before[at] as number)).length;
        for (let again = 0; again < 2; again++) for (const worker of workers) await worker.finish();
      }
      return busy;
    };
    assert.equal(await atOnce(100, 5), 2);
    assert.equal(await atOnce(1_000, 20), 1);
  });
});

describe('a scheduler whose process is about to end', () => {
  it('answers what runs with one error, and what waits and what comes with another', async () => {
    const worker = new FakeWorker();
    const { scheduler, ask } = start({}, [worker]);
    const running = ask(1, 60_000);
    await turn();
    const waiting = ask(2, 60_000);
    await turn();
    assert.equal(worker.runs.length, 1);
    scheduler.abandon(
      new InferError('RESOURCE_EXHAUSTED', 'ran', { reason: 'RAN' }),
      new InferError('UNAVAILABLE', 'waited', { reason: 'WAITED' }),
    );
    await turn();
    assert.deepEqual([running.state.outcome, waiting.state.outcome], ['RAN', 'WAITED']);
    const late = ask(3, 60_000);
    await turn();
    assert.equal(late.state.outcome, 'WAITED');
    assert.equal(scheduler.load.calls, 0);
    await worker.finish();
    assert.equal(worker.runs.length, 1);
  });
});
