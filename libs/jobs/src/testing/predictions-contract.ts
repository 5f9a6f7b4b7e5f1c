/** What every adapter promises of generations, and of what is looked up in them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aBatch, aGeneration, claimOne, cutBatch, refusal, runChunks, textOf, type WithWork } from './samples.ts';

const who = { by: 'key:ops', why: 'better' };

export function predictionsContract(withWork: WithWork): void {
  it(
    'answers from the current generation, in the order of the keys, and what is not there as not there',
    withWork(async (work, clock) => {
      const { predictions } = work;
      assert.equal(await predictions.get('digits', ['k1']), undefined);
      clock.now = 2_000;
      await aGeneration(work, [2, 1]);
      const {
        generation,
        epoch,
        predictions: found,
      } = (await predictions.get('digits', ['k3', 'no', 'k1', 'k3'])) ?? assert.fail();
      assert.deepEqual([generation.number, generation.version, generation.rows, epoch], [1, '3', 3, 1]);
      assert.deepEqual(
        found.map((one) => one && [one.key, one.row, textOf(one.outputs), textOf(one.inputHash), one.computedAt]),
        [
          ['k3', 3, 'of 3', 'hash 3', 2_000],
          undefined,
          ['k1', 1, 'of 1', 'hash 1', 2_000],
          ['k3', 3, 'of 3', 'hash 3', 2_000],
        ],
      );
      assert.deepEqual((await predictions.get('digits', []))?.predictions, []);
      const many = Array.from({ length: 1_001 }, (_, index) => `k${index}`);
      await assert.rejects(predictions.get('digits', many), refusal('INVALID_ARGUMENT', 'JOB_INVALID', /keys\.length/));
      assert.equal((await predictions.get('digits', many.slice(1)))?.predictions.filter(Boolean).length, 3);
    }),
  );

  it(
    'serves the former generation until the next one is whole and promoted',
    withWork(async (work) => {
      const { jobs, predictions } = work;
      await aGeneration(work, [2]);
      await cutBatch(work, [2, 1], { version: '4' });
      await runChunks(work);
      const served = async (): Promise<string | undefined> =>
        (await predictions.get('digits', ['k1']))?.generation.version;
      assert.equal(await served(), '3');
      const finish = await claimOne(work);
      const hold = { kind: 'hold', why: 'half of the keys are missing', report: '{"coverage":0.5}' } as const;
      await jobs.complete(finish, { kind: 'finish', commit: hold });
      const held = (await predictions.generation({ collection: 'digits', number: 2 })) ?? assert.fail();
      assert.deepEqual([held.state, held.why, held.report, held.isCurrent], ['held', hold.why, hold.report, false]);
      assert.equal(await served(), '3');
      await predictions.promote({ collection: 'digits', number: 2, expectedEpoch: 1, ...who });
      assert.equal(await served(), '4');
    }),
  );

  it(
    'scans a generation by its keys, page for page',
    withWork(async (work) => {
      await aGeneration(work, [7, 5]);
      const [id, keys] = [{ collection: 'digits', number: 1 }, [] as string[]];
      for (let after = ''; ; ) {
        const page = await work.predictions.scan(id, { after, limit: 5 });
        keys.push(...page.map(({ key }) => key));
        if (page.length === 0) break;
        after = page.at(-1)?.key ?? '';
      }
      assert.deepEqual(keys, Array.from({ length: 12 }, (_, index) => `k${index + 1}`).sort());
    }),
  );
}

export function generationsContract(withWork: WithWork): void {
  it(
    'numbers generations by collection, and knows all of them',
    withWork(async (work) => {
      const { predictions } = work;
      await aGeneration(work, [1]);
      await aGeneration(work, [1], { version: '4' });
      await aGeneration(work, [1], { collection: 'by shop' });
      await work.batches.create(aBatch({ collection: 'new' }));
      const all = await predictions.generations('digits');
      assert.deepEqual(
        all.map(({ number, version, state, isCurrent }) => [number, version, state, isCurrent]),
        [
          [2, '4', 'ready', true],
          [1, '3', 'ready', false],
        ],
      );
      assert.deepEqual(await predictions.generations('digits', { before: 2, limit: 1 }), [all[1]]);
      assert.deepEqual(
        (await predictions.collections()).map(({ collection, current }) => [collection, current?.number]),
        [
          ['by shop', 1],
          ['digits', 2],
          ['new', undefined],
        ],
      );
      assert.equal(await predictions.generation({ collection: 'digits', number: 3 }), undefined);
    }),
  );

  it(
    'moves the pointer only for whoever has seen where it is',
    withWork(async (work, clock) => {
      const { jobs, predictions } = work;
      await aGeneration(work, [1]);
      await aGeneration(work, [1]);
      const moved = refusal('FAILED_PRECONDITION', 'GENERATION_MOVED', /want epoch 2, got 1; nothing was changed/);
      await assert.rejects(predictions.promote({ collection: 'digits', number: 1, expectedEpoch: 1, ...who }), moved);
      clock.now = 7_000;
      const move = await predictions.promote({ collection: 'digits', number: 1, expectedEpoch: 2, ...who });
      assert.deepEqual(move, { collection: 'digits', number: 1, epoch: 3, movedAt: 7_000, ...who });
      assert.deepEqual(await predictions.current('digits'), move);
      assert.deepEqual(
        (await predictions.history('digits')).map(({ epoch, number }) => [epoch, number]),
        [
          [3, 1],
          [2, 2],
          [1, 1],
        ],
      );
      // Of two at once one is the first.
      const both = await Promise.allSettled(
        [1, 2].map((number) => predictions.promote({ collection: 'digits', number, expectedEpoch: 3, ...who })),
      );
      assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      await cutBatch(work, []);
      const finish = await claimOne(work);
      const commit = { kind: 'promote', expectedEpoch: 3, report: '{}' } as const;
      await assert.rejects(
        jobs.complete(finish, { kind: 'finish', commit }),
        refusal('FAILED_PRECONDITION', 'GENERATION_MOVED'),
      );
      assert.equal((await predictions.generation({ collection: 'digits', number: 3 }))?.state, 'building');
      assert.equal(await jobs.complete(finish, { kind: 'finish', commit: { ...commit, expectedEpoch: 4 } }), true);
    }),
  );

  it(
    'goes back to the generation before, as far as there is one',
    withWork(async (work) => {
      const { predictions } = work;
      const back = (expectedEpoch: number) => predictions.rollback({ collection: 'digits', expectedEpoch, ...who });
      await assert.rejects(back(0), refusal('FAILED_PRECONDITION', 'NO_FORMER_GENERATION'));
      for (let made = 0; made < 3; made++) await aGeneration(work, [1]);
      await predictions.drop({ collection: 'digits', number: 2 });
      await assert.rejects(back(2), refusal('FAILED_PRECONDITION', 'GENERATION_MOVED'));
      assert.deepEqual([(await back(3)).number, (await predictions.get('digits', ['k1']))?.generation.number], [1, 1]);
      await assert.rejects(back(4), refusal('FAILED_PRECONDITION', 'NO_FORMER_GENERATION'));
    }),
  );

  it(
    'goes back by what was served, also to a newer one, and further back the next time',
    withWork(async (work) => {
      const { predictions } = work;
      for (let made = 0; made < 3; made++) await aGeneration(work, [1]);
      await predictions.promote({ collection: 'digits', number: 1, expectedEpoch: 3, ...who });
      const numbers: number[] = [];
      for (const expectedEpoch of [4, 5, 6])
        numbers.push((await predictions.rollback({ collection: 'digits', expectedEpoch, ...who })).number);
      assert.deepEqual(numbers, [3, 2, 1]);
      await assert.rejects(
        predictions.rollback({ collection: 'digits', expectedEpoch: 7, ...who }),
        refusal('FAILED_PRECONDITION', 'NO_FORMER_GENERATION'),
      );
    }),
  );

  it(
    'keeps so many former ones, and removes the rows of the others by sweeps',
    withWork(async (work) => {
      const { jobs, predictions } = work;
      for (let made = 0; made < 6; made++) await aGeneration(work, [2]);
      const states = async (): Promise<string[]> => (await predictions.generations('digits')).map(({ state }) => state);
      assert.deepEqual(await states(), ['ready', 'ready', 'ready', 'ready', 'dropped', 'dropped']);
      const dropped = { collection: 'digits', number: 1 };
      await assert.rejects(predictions.scan(dropped), refusal('FAILED_PRECONDITION', 'GENERATION_STATE', /dropped/));
      let removed = 0;
      for (let more = true; more; ) {
        const report = await jobs.sweep();
        removed += report.removed;
        more = report.more;
      }
      assert.equal(removed, 4);
      assert.equal((await predictions.scan({ collection: 'digits', number: 3 })).length, 2);
    }),
  );

  it(
    'drops what is not served and not being built',
    withWork(async (work) => {
      const { batches, predictions } = work;
      await aGeneration(work, [1]);
      const building = await cutBatch(work, [1]);
      const [current, next] = [1, 2].map((number) => ({ collection: 'digits', number }));
      assert.ok(current && next);
      await assert.rejects(predictions.drop(current), refusal('FAILED_PRECONDITION', 'GENERATION_CURRENT'));
      await assert.rejects(predictions.drop(next), refusal('FAILED_PRECONDITION', 'GENERATION_STATE', /cancel batch/));
      await batches.cancel(building.id);
      assert.equal((await predictions.drop(next)).state, 'dropped');
      await assert.rejects(batches.resume(building.id), refusal('FAILED_PRECONDITION', 'BATCH_STATE', /dropped/));
      await assert.rejects(
        predictions.promote({ ...next, expectedEpoch: 1, ...who }),
        refusal('FAILED_PRECONDITION', 'GENERATION_STATE', /got dropped/),
      );
      await assert.rejects(
        predictions.drop({ collection: 'digits', number: 9 }),
        refusal('NOT_FOUND', 'GENERATION_NOT_FOUND', /has no generation 9/),
      );
    }),
  );
}
