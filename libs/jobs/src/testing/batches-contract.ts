/** What every adapter promises of batches. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  aBatch,
  aCommit,
  aRow,
  claimOf,
  claimOne,
  cutBatch,
  hostileTexts,
  refusal,
  runChunks,
  someChunks,
  textOf,
  type WithWork,
} from './samples.ts';

const kindsOf = (leases: readonly { readonly job: { readonly kind: string } }[]): string[] =>
  leases.map(({ job }) => job.kind);

export function batchContract(withWork: WithWork): void {
  it(
    'goes from the input over its chunks to the look at its generation, each added with what was before it',
    withWork(async (work, clock) => {
      const { jobs, batches, predictions } = work;
      const { record, added } = await batches.create(aBatch({ priority: 2 }));
      assert.deepEqual([added, record.state, record.collection, record.generation], [true, 'running', 'digits', 1]);
      const [cut, ...none] = await jobs.claim(claimOf({ count: 9 }));
      assert.ok(cut);
      assert.deepEqual([cut.job.kind, cut.job.batch, cut.job.priority, none], ['cut', record.id, 2, []]);
      assert.deepEqual(cut.batch, record);
      assert.equal(await batches.addChunks(cut, someChunks([3, 2])), true);
      // Chunks are worked on while the rest is being cut.
      const [early = assert.fail()] = await jobs.claim(claimOf({ kinds: ['chunk'] }));
      assert.deepEqual([early.job.chunk, JSON.parse(textOf(early.payload))], [0, { firstRow: 1, rows: 3 }]);
      assert.deepEqual(early.batch?.spec, record.spec);
      await jobs.complete(early, { kind: 'chunk', commit: aCommit({ firstRow: 1, rows: 3 }, [2]) });
      await runChunks(work);
      assert.deepEqual((await batches.get(record.id))?.progress, {
        ...{ isCut: false, rows: 5, chunks: 2, chunksDone: 2, rowsDone: 5, rowsFailed: 1 },
      });
      assert.deepEqual(kindsOf(await jobs.claim(claimOf({ count: 9 }))), [], 'the input has not ended');
      await batches.addChunks(cut, someChunks([1], 2, 6));
      await jobs.complete(cut, { kind: 'succeeded' });
      assert.deepEqual((await batches.get(record.id))?.progress.isCut, true);
      await runChunks(work);
      const finish = await claimOne(work);
      assert.equal(finish.job.kind, 'finish');
      clock.now = 9_000;
      const commit = { kind: 'promote', expectedEpoch: 0, report: '{"rows":5}' } as const;
      assert.equal(await jobs.complete(finish, { kind: 'finish', commit }), true);
      const ended = (await batches.get(record.id)) ?? assert.fail();
      assert.deepEqual([ended.state, ended.endedAt], ['succeeded', 9_000]);
      assert.deepEqual(await predictions.current('digits'), {
        ...{ collection: 'digits', number: 1, epoch: 1, movedAt: 9_000 },
        ...{ by: `batch:${record.id}`, why: 'its batch is done' },
      });
      assert.deepEqual(await batches.errors(record.id), aCommit({ firstRow: 2, rows: 1 }, [2]).errors);
    }),
  );

  it(
    'adds its look at the end once, whichever of its jobs is the last',
    withWork(async (work) => {
      const { jobs, batches } = work;
      await batches.create(aBatch());
      const cut = await claimOne(work);
      await batches.addChunks(cut, someChunks([1, 1]));
      await runChunks(work);
      await jobs.complete(cut, { kind: 'succeeded' });
      assert.deepEqual(kindsOf(await jobs.claim(claimOf({ count: 9 }))), ['finish']);
      // An input without rows has no chunks.
      const empty = await cutBatch(work, []);
      const [finish = assert.fail()] = await jobs.claim(claimOf({ count: 9 }));
      assert.deepEqual([finish.job.kind, finish.job.batch], ['finish', empty.id]);
    }),
  );

  it(
    'takes a chunk only with each of its rows once, and nothing of it otherwise',
    withWork(async (work) => {
      const { jobs, batches, predictions } = work;
      const batch = await cutBatch(work, [3]);
      const chunk = await claimOne(work);
      const whole = aCommit({ firstRow: 1, rows: 3 });
      const [one, two, three] = whole.rows;
      assert.ok(one && two && three);
      const wrong: readonly [typeof whole, RegExp][] = [
        [{ rows: [one, two], errors: [] }, /want each of the 3 rows of the chunk, got 2/],
        [{ rows: [one, two, two], errors: [] }, /want each row once, got row 2 twice/],
        [{ rows: [one, two, three], errors: [{ row: 3, code: 'INTERNAL', message: '' }] }, /got row 3 twice/],
        [{ rows: [one, two, aRow(4)], errors: [] }, /want rows 1 to 3 of the chunk, got row 4/],
        [{ rows: [one, two, aRow(3, '')], errors: [] }, /commit\.rows\[2\]\.key/],
        [{ rows: [one, two, aRow(3, 'é'.repeat(600))], errors: [] }, /want at most 1024 bytes, got 1200/],
      ];
      for (const [commit, message] of wrong)
        await assert.rejects(
          jobs.complete(chunk, { kind: 'chunk', commit }),
          refusal('INVALID_ARGUMENT', 'JOB_INVALID', message),
        );
      await assert.rejects(jobs.complete(chunk, { kind: 'succeeded' }), refusal('INVALID_ARGUMENT', 'JOB_INVALID'));
      assert.equal((await batches.get(batch.id))?.progress.rowsDone, 0);
      assert.deepEqual(await predictions.scan({ collection: 'digits', number: 1 }), []);
      assert.equal(await jobs.complete(chunk, { kind: 'chunk', commit: whole }), true);
      assert.equal((await predictions.scan({ collection: 'digits', number: 1 })).length, 3);
    }),
  );

  it(
    'lets nobody commit a chunk or add one whose lease was taken over',
    withWork(async (work, clock) => {
      const { jobs, batches, predictions } = work;
      const { record } = await batches.create(aBatch());
      const cut = await claimOne(work);
      await batches.addChunks(cut, someChunks([2]));
      clock.now += 1_000;
      const again = await claimOne(work, 'cut');
      assert.equal(await batches.addChunks(cut, someChunks([2], 1, 3)), false);
      assert.equal(await jobs.complete(cut, { kind: 'succeeded' }), false);
      await jobs.complete(again, { kind: 'succeeded' });
      const paused = await claimOne(work, 'chunk');
      clock.now += 1_000;
      const taken = await claimOne(work, 'chunk');
      const commit = aCommit({ firstRow: 1, rows: 2 });
      assert.equal(await jobs.complete(taken, { kind: 'chunk', commit }), true);
      const other = { rows: [aRow(1, 'other'), aRow(2, 'another')], errors: [] };
      assert.equal(await jobs.complete(paused, { kind: 'chunk', commit: other }), false);
      assert.equal(await jobs.complete(taken, { kind: 'chunk', commit: other }), true, 'told once more');
      const rows = await predictions.scan({ collection: 'digits', number: 1 });
      assert.deepEqual(
        rows.map(({ key }) => key),
        ['k1', 'k2'],
      );
      const { chunksDone, rowsDone } = (await batches.get(record.id))?.progress ?? assert.fail();
      assert.deepEqual([chunksDone, rowsDone], [1, 2]);
    }),
  );

  it(
    'goes on with a cut where another one was lost',
    withWork(async (work, clock) => {
      const { batches, jobs } = work;
      const { record } = await batches.create(aBatch());
      const lost = await claimOne(work);
      assert.equal(await batches.lastChunk(record.id), undefined);
      await batches.addChunks(lost, someChunks([3, 3]));
      clock.now += 1_000;
      const cut = await claimOne(work, 'cut');
      assert.deepEqual(await batches.lastChunk(record.id), someChunks([3, 3])[1]);
      assert.equal(await batches.addChunks(cut, someChunks([3, 3, 3])), true);
      const { chunks, rows } = (await batches.get(record.id))?.progress ?? assert.fail();
      assert.deepEqual([chunks, rows], [3, 9]);
      const gap = /want chunk 3 from row 10 on, got chunk 4 from row 10 on/;
      await assert.rejects(
        batches.addChunks(cut, someChunks([3], 4, 10)),
        refusal('INVALID_ARGUMENT', 'JOB_INVALID', gap),
      );
      await assert.rejects(
        batches.addChunks(await claimOne(work, 'chunk'), someChunks([3], 3, 10)),
        refusal('INVALID_ARGUMENT', 'JOB_INVALID', /want one of a job of kind cut/),
      );
      assert.equal((await jobs.list({ batch: record.id, kinds: ['chunk'] })).length, 3);
    }),
  );

  it(
    'lets of rows with one key the first count, in whatever order its chunks are committed',
    withWork(async (work) => {
      for (const order of [
        [0, 1],
        [1, 0],
      ]) {
        const batch = await cutBatch(work, [2, 2], { collection: `in order ${order}` });
        const leases = [await claimOne(work, 'chunk'), await claimOne(work, 'chunk')];
        const commits = [
          { rows: [aRow(1, 'a', 'first'), aRow(2, 'b')], errors: [] },
          { rows: [aRow(3, 'a', 'second'), aRow(4, 'a', 'third')], errors: [] },
        ];
        for (const index of order) {
          const [lease, commit] = [leases[index] ?? assert.fail(), commits[index] ?? assert.fail()];
          await work.jobs.complete(lease, { kind: 'chunk', commit });
        }
        const found = await work.predictions.scan({ collection: batch.collection, number: 1 });
        assert.deepEqual(
          found.map(({ key, row, outputs }) => [key, row, textOf(outputs)]),
          [
            ['a', 1, 'first'],
            ['b', 2, 'of 2'],
          ],
        );
        const errors = await work.batches.errors(batch.id);
        assert.deepEqual(
          errors.map(({ row, key, code }) => [row, key, code]),
          [
            [3, 'a', 'INVALID_ARGUMENT'],
            [4, 'a', 'INVALID_ARGUMENT'],
          ],
        );
        assert.match(errors[0]?.message ?? '', /want a key once, got "a"/);
        const { rowsDone, rowsFailed } = (await work.batches.get(batch.id))?.progress ?? assert.fail();
        const generation = await work.predictions.generation({ collection: batch.collection, number: 1 });
        assert.deepEqual([rowsDone, rowsFailed, generation?.rows], [4, 2, 2]);
        await work.batches.cancel(batch.id);
      }
    }),
  );

  it(
    'stores keys, errors and specs as they are',
    withWork(async (work) => {
      const { batches, jobs, predictions } = work;
      for (const text of hostileTexts) {
        const batch = await cutBatch(work, [2], { tenant: text, subject: text, spec: text, idempotencyKey: text });
        assert.equal((await batches.get(batch.id))?.spec, text);
        const chunk = await claimOne(work, 'chunk');
        const errors = [{ row: 2, key: text, column: text, code: 'INVALID_ARGUMENT', message: text }];
        await jobs.complete(chunk, { kind: 'chunk', commit: { rows: [aRow(1, text, text)], errors } });
        assert.deepEqual(await batches.errors(batch.id), errors);
        const [row] = await predictions.getOf({ collection: text, number: 1 }, [text]);
        assert.deepEqual([row?.key, textOf(row?.outputs)], [text, text]);
        await batches.cancel(batch.id);
      }
    }),
  );
}
