import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { turn } from '../testing/fake-worker.ts';
import { endLeftovers, greedy, start } from '../testing/scheduler-fixture.ts';

describe('a batch that is sent ahead', () => {
  afterEach(endLeftovers);

  it('goes while another runs once its rows cost more than the run that they share, and not before', async () => {
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

  it('is answered as what waits when its process is about to end: it has not begun', async () => {
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
