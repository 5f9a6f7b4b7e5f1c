/** Swaps of versions under load, in short: what every answer says of its versions. Nothing is timed. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { isMixed, isWrong, type Move } from './judge.ts';
import { closedLoad, type Load } from './load.ts';
import { judged, swapUnder } from './swap.ts';
import { aliasesText, aliasesTo, type SwapMesh, startSwapMesh } from './swap-mesh.ts';

const names = ['solo', 'pair'];
const answersBetween = 20;

describe('the judge of swaps', () => {
  const moves: Move[] = [
    { version: 1, begunAt: -Infinity, inForceAt: -Infinity },
    { version: 2, begunAt: 10, inForceAt: 20 },
  ];
  const answer = (startedAt: number, endedAt: number, ...versions: number[]) => ({
    startedAt,
    endedAt,
    versions: new Set(versions),
  });

  it('finds versions that were not in force while a call lasted, and those of two states in one answer', () => {
    assert.equal(isWrong(answer(1, 9, 1), moves), false);
    assert.equal(isWrong(answer(1, 9, 2), moves), true, 'not yet');
    assert.equal(isWrong(answer(15, 30, 1), moves), false, 'it began before the move was in force');
    assert.equal(isWrong(answer(21, 30, 1), moves), true, 'no more');
    assert.deepEqual([isMixed(answer(1, 30, 1, 2)), isMixed(answer(1, 30, 2))], [true, false]);
  });
});

describe('swaps of versions under load', () => {
  let mesh: SwapMesh;
  before(async () => {
    mesh = await startSwapMesh(false);
  });
  after(() => mesh[Symbol.asyncDispose]());

  const more = (load: Load) => async () => {
    const { length } = load.answers;
    await waitFor(
      () => load.answers.length >= length + answersBetween || load.failures.length > 0,
      () => `${load.answers.length} answers`,
    );
  };

  it('fail no call, and no answer is of a wrong version or of two', async () => {
    const pids = mesh.pids();
    const load = closedLoad(mesh, names, 6);
    const swaps = await swapUnder(load, mesh, { count: 20, withLarge: false, between: more(load) });
    assert.deepEqual([swaps.failed, swaps.mixed, swaps.wrong], [[], 0, 0]);
    const versions = new Set(load.answers.flatMap((answer) => [...answer.versions]));
    assert.deepEqual([...versions].toSorted(), [1, 2]);
    assert.deepEqual(mesh.pids(), pids, 'no process was started');
  });

  it('are so too where the version comes with the change: it is served beside the others before it answers', async () => {
    const { folder } = mesh.running.mesh;
    const load = closedLoad(mesh, names, 6);
    await more(load)();
    const moves: Move[] = [{ version: 1, begunAt: -Infinity, inForceAt: -Infinity }];
    const begun: Move = { version: 3, begunAt: performance.now(), inForceAt: Infinity };
    moves.push(begun);
    // Other means, so that each process of the service is another one.
    await writeFile(
      join(folder, 'mesh.yaml'),
      `gateway: { replicas: 2 }\nservices:\n  small: { models: [solo, left, right], replicas: 2, cpus: 1 }\n${aliasesText(aliasesTo(3, false))}`,
    );
    await mesh.running.reread();
    begun.inForceAt = performance.now();
    await more(load)();
    await load.stop();
    const swaps = judged(load, moves);
    assert.deepEqual([swaps.failed, swaps.mixed, swaps.wrong], [[], 0, 0]);
    assert.ok(load.answers.some(({ versions }) => versions.has(3)));
  });
});
