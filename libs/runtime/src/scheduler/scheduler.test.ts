import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { FakeWorker, turn } from '../testing/fake-worker.ts';
import { contextOf, endLeftovers, greedy, start } from '../testing/scheduler-fixture.ts';

describe('the scheduler', () => {
  afterEach(endLeftovers);

  it('runs what waits when its worker is free as one batch, counting rows, and gives each caller its own', async () => {
    const { ask, worker } = start();
    const first = ask([1]);
    await turn();
    const others = [ask([2]), ask([3, 4]), ask([5]), ask([6])];
    await worker.finish();
    assert.deepEqual(worker.given, [[1], [2, 3, 4, 5]]);
    await worker.finish();
    await worker.finish();
    assert.deepEqual(await Promise.all([first, ...others]), [[1], [2], [3, 4], [5], [6]]);
    assert.deepEqual(worker.given[2], [6]);
  });

  it('gathers the calls of one turn of the loop, and runs a call of more rows than a batch may have alone', async () => {
    const { ask, worker } = start();
    void ask([1]);
    void ask([2]);
    void ask([1, 2, 3, 4, 5]);
    await turn();
    await worker.finish();
    await worker.finish();
    assert.deepEqual(worker.given, [
      [1, 2],
      [1, 2, 3, 4, 5],
    ]);
  });

  it('never mixes calls of different keys', async () => {
    const { ask, worker } = start();
    void ask([1], { key: 'a' });
    void ask([2], { key: 'b' });
    void ask([3], { key: 'a' });
    await turn();
    await worker.finish();
    await worker.finish();
    assert.deepEqual(worker.given, [[1, 3], [2]]);
  });

  it('runs a call that is to be alone in a batch of its own, in its turn and without waiting for others', async () => {
    const { ask, worker } = start({ ...greedy, maxQueueDelayMs: 60_000, preferredRows: [2] });
    const asked = [ask([1], { isolated: true }), ask([2]), ask([3, 4], { isolated: true }), ask([5])];
    await turn();
    for (let run = 0; run < 3; run++) await worker.finish();
    assert.deepEqual(worker.given, [[1], [2, 5], [3, 4]]);
    assert.deepEqual(await Promise.all(asked), [[1], [2], [3, 4], [5]]);
  });

  it('says of a run that its process ends for how many calls it was of', async () => {
    const overrun = new InferError('INTERNAL', 'too long', {
      reason: 'RUN_LIMIT_EXCEEDED',
      endedRun: { run: undefined, calls: undefined },
    });
    const { ask, worker } = start();
    worker.run = () => Promise.reject(overrun);
    const told = await Promise.all([ask([1]), ask([2])].map((asked) => asked.catch((error: InferError) => error)));
    for (const error of told) {
      assert.ok(error instanceof InferError);
      assert.deepEqual([error.reason, error.endedRun?.calls, error.retryAfterMs], ['RUN_LIMIT_EXCEEDED', 2, -1]);
    }
  });

  it('runs every call alone when it may not batch', async () => {
    const { ask, worker } = start(null);
    void ask([1]);
    void ask([2]);
    await turn();
    await worker.finish();
    assert.deepEqual(worker.given, [[1], [2]]);
  });

  it('has all its workers run at once', async () => {
    const workers = [new FakeWorker(), new FakeWorker()];
    const { ask } = start(null, workers);
    void ask([1]);
    void ask([2]);
    void ask([3]);
    await turn();
    assert.deepEqual(
      workers.map(({ runs }) => runs.length),
      [1, 1],
    );
  });

  it('takes the higher priority first, and in order within one', async () => {
    const { ask, worker } = start({ ...greedy, maxRows: 1 });
    void ask([0]);
    await turn();
    for (const [value, priority] of [
      [1, 0],
      [2, 2],
      [3, 1],
      [4, 2],
    ] as const)
      void ask([value], { level: priority });
    for (let runs = 0; runs < 5; runs++) await worker.finish();
    assert.deepEqual(worker.given, [[0], [3], [2], [4], [1]]);
  });

  it('waits for more as long as it is told, and no longer than until a preferred size is there', async () => {
    const { ask, worker } = start({ ...greedy, maxQueueDelayMs: 20, preferredRows: [2] });
    const alone = ask([1]);
    await turn();
    assert.deepEqual(worker.given, []);
    while (worker.runs.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await worker.finish();
    assert.deepEqual(await alone, [1]);
    void ask([2]);
    void ask([3]);
    await turn();
    assert.deepEqual(worker.given, [[1], [2, 3]]);
  });

  it('fills a batch up to an allowed size with zeros that nobody sees', async () => {
    const { ask, worker } = start({ ...greedy, allowedRows: [2, 4] });
    const answers = Promise.all([ask([1]), ask([2]), ask([3])]);
    await turn();
    await worker.finish();
    assert.deepEqual(worker.given, [[1, 2, 3, 0]]);
    assert.deepEqual(await answers, [[1], [2], [3]]);
  });

  it('halves a batch that fails for an input until only that one fails', async () => {
    const { ask, worker } = start();
    worker.poison = 3;
    const answers = Promise.allSettled([ask([1]), ask([2]), ask([3]), ask([4])]);
    await turn();
    for (let runs = 0; runs < 6; runs++) await worker.finish();
    const results = (await answers).map((result) =>
      result.status === 'fulfilled' ? result.value : result.reason.code,
    );
    assert.deepEqual(results, [[1], [2], 'INVALID_ARGUMENT', [4]]);
    assert.deepEqual(worker.given, [[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
  });

  it('does not run a batch again that failed otherwise', async () => {
    const { ask, worker } = start();
    worker.run = async () => {
      throw new InferError('INTERNAL', 'a run took longer than its limit');
    };
    const results = await Promise.allSettled([ask([1]), ask([2])]);
    assert.ok(results.every((result) => result.status === 'rejected' && result.reason.code === 'INTERNAL'));
  });

  it('never runs a call whose caller has left or whose time in the queue is over, and tells a run that nobody waits for', async () => {
    const { ask, worker } = start();
    const controller = new AbortController();
    const running = ask([1], {}, contextOf(controller.signal));
    await turn();
    const waiting = ask([2], {}, contextOf(controller.signal));
    const timed = ask([3], { queueTimeoutMs: 10 });
    await assert.rejects(timed, { code: 'UNAVAILABLE', reason: 'QUEUE_TIMEOUT' });
    assert.equal(worker.cancelled, 0);
    controller.abort();
    await assert.rejects(running, { code: 'CANCELLED' });
    await assert.rejects(waiting, { code: 'CANCELLED' });
    assert.equal(worker.cancelled, 1);
    const next = ask([4]);
    await worker.finish();
    await worker.finish();
    assert.deepEqual(await next, [4]);
    assert.deepEqual(worker.given, [[1], [4]]);
  });

  it('refuses one call more than may wait, and all of them when it closes', async () => {
    const { ask, scheduler } = start(greedy, [new FakeWorker()], 2);
    void ask([0]);
    await turn();
    const waiting = Promise.allSettled([ask([1]), ask([2])]);
    await assert.rejects(ask([3]), { code: 'UNAVAILABLE', reason: 'OVERLOADED' });
    await scheduler.close();
    for (const result of await waiting) assert.equal(result.status === 'rejected' && result.reason.reason, 'DRAINING');
    await assert.rejects(ask([4]), { reason: 'DRAINING' });
  });

  it('records the wait and the run of each call, and links the run to those of the others', async () => {
    const { ask, worker } = start();
    const contexts = [contextOf(), contextOf()];
    const answers = contexts.map((context, index) => ask([index], {}, context));
    await turn();
    await worker.finish();
    await Promise.all(answers);
    const runs = contexts.map(({ journal }) => journal.spans.find(({ kind }) => kind === 'run'));
    assert.deepEqual(
      contexts.map(({ journal }) => journal.spans.map(({ kind }) => kind)),
      [
        ['queue', 'run'],
        ['queue', 'run'],
      ],
    );
    const { 'sheaf.run.input_ms': inputMs, 'sheaf.run.output_ms': outputMs, ...others } = runs[0]?.attributes ?? {};
    assert.deepEqual(others, { 'sheaf.batch.rows': 2, 'sheaf.batch.calls': 2, 'sheaf.run.ms': 1 });
    assert.ok(Number(inputMs) >= 0 && Number(outputMs) >= 0);
    assert.deepEqual(
      runs[0]?.links?.map(({ spanId }) => spanId),
      [runs[1]?.spanId],
    );
  });
});
