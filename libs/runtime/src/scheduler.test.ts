import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { type CallContext, InferError, Journal, monotonicClock, type Tensor, tensorOf } from '@sheaf/inference';
import { type BatchingOptions, queueDefault } from './call-queue.ts';
import { FakeWorker, turn, valuesOf } from './fake-worker.ts';
import type { ScheduledCall } from './scheduled-call.ts';
import { Scheduler } from './scheduler.ts';

const greedy: BatchingOptions = { maxRows: 4, maxQueueDelayMs: 0, preferredRows: [], allowedRows: [] };

/** Ends what a test leaves behind. */
let leftovers = new AbortController();

function contextOf(signal = leftovers.signal): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  return {
    clock: { ...monotonicClock, now: () => performance.now() },
    deadline: performance.now() + 60_000,
    signal,
    snapshot: { epoch: 0 },
    journal,
    span,
  };
}

function callOf(values: readonly number[], changes: Partial<ScheduledCall> = {}): ScheduledCall {
  const input = tensorOf('x', 'FP32', [values.length], Float32Array.from(values));
  const own = {
    inputs: [input],
    outputs: ['y'],
    priority: 'standard' as const,
    level: 0,
    queueTimeoutMs: undefined,
    key: 'a',
    parameters: new Map(),
  };
  return { ...own, ...changes };
}

function start(batching: BatchingOptions | null = greedy, workers = [new FakeWorker()], queueMax = 100) {
  const scheduler = new Scheduler({
    subject: 'model m/1',
    spanName: 'm/1',
    workers,
    batching: batching ?? undefined,
    queue: { ...queueDefault, callsMax: queueMax },
    outputBytesMax: 1_000,
  });
  const ask = (values: readonly number[], changes: Partial<ScheduledCall> = {}, context = contextOf()) => {
    const answer = scheduler.infer(callOf(values, changes), context).then(([output]) => valuesOf(output as Tensor));
    // A test that does not wait for it does not mind how it ends.
    answer.catch(() => {});
    return answer;
  };
  return { scheduler, ask, workers, worker: workers[0] as FakeWorker };
}

describe('the scheduler', () => {
  afterEach(() => {
    leftovers.abort();
    leftovers = new AbortController();
  });

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
    assert.deepEqual(runs[0]?.attributes, { 'sheaf.batch.rows': 2, 'sheaf.batch.calls': 2, 'sheaf.run.ms': 1 });
    assert.deepEqual(
      runs[0]?.links?.map(({ spanId }) => spanId),
      [runs[1]?.spanId],
    );
  });

  it('sends a batch ahead while another runs once its rows cost more than the run that they share, and not before', async () => {
    const { scheduler, ask, worker } = start({ ...greedy, maxRows: 100 });
    worker.msOf = (rows) => 6 + 2 * rows;
    for (let run = 0; run < 8; run++) {
      const answer = ask(Array(1 + (run % 2)).fill(run));
      await turn();
      await worker.finish();
      await answer;
    }
    const { fixedMs, rowMs } = scheduler.load;
    assert.deepEqual([fixedMs.toFixed(3), rowMs.toFixed(3)], ['6.000', '2.000']);
    const answers = [ask([10])];
    await turn();
    answers.push(ask([11]), ask([12]));
    await turn();
    assert.equal(worker.taken, 9, 'two rows cost 4 ms, their run 6 more');
    answers.push(ask([13]));
    await turn();
    assert.equal(worker.taken, 10);
    answers.push(ask([14]));
    await turn();
    assert.equal(worker.taken, 10, 'one batch ahead is enough');
    assert.equal(scheduler.load.calls, 5);
    for (let run = 0; run < 3; run++) await worker.finish();
    assert.deepEqual(await Promise.all(answers), [[10], [11], [12], [13], [14]]);
    assert.deepEqual(worker.given.slice(8), [[10], [11, 12, 13], [14]]);
  });

  it('answers what was sent ahead as what waits when its process is about to end: it has not begun', async () => {
    const { scheduler, ask, worker } = start({ ...greedy, maxRows: 1 });
    worker.msOf = () => 1;
    for (let run = 0; run < 8; run++) {
      const answer = ask([run]);
      await turn();
      await worker.finish();
      await answer;
    }
    const answers = [ask([10]), ask([11]), ask([12])];
    await turn();
    assert.deepEqual([worker.taken, worker.runs.length], [10, 9]);
    scheduler.abandon(new InferError('RESOURCE_EXHAUSTED', 'ran'), new InferError('UNAVAILABLE', 'waited'));
    const codes = await Promise.all(answers.map((answer) => answer.catch(({ code }) => code)));
    assert.deepEqual(codes, ['RESOURCE_EXHAUSTED', 'UNAVAILABLE', 'UNAVAILABLE']);
    await worker.finish();
  });
});
