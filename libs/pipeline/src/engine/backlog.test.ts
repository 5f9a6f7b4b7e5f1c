import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Priority } from '@sheaf/inference';
import { FakeClock } from '../testing/test-pipeline.ts';
import { type Admitted, Backlog, isInTime } from './backlog.ts';

const stages = [
  { name: 'dear', after: [], optional: false },
  { name: 'quick', after: ['dear'], optional: false },
  { name: 'slow', after: ['quick'], optional: false },
];
const times = { dear: 100, quick: 1, slow: 200 };

/** A pipeline that has been asked by one after the other. */
async function known() {
  const clock = new FakeClock();
  const backlog = new Backlog();
  const admit = (priority?: Priority): Admitted =>
    backlog.admit(Object.keys(times), priority ? { clock, priority } : { clock });
  const run = async (call: Admitted, stage: keyof typeof times, tookMs = times[stage]): Promise<void> => {
    call.begin(stage);
    await clock.advance(tookMs);
    call.end(stage, tookMs);
  };
  const alone = admit();
  for (const stage of ['dear', 'quick', 'slow'] as const) await run(alone, stage);
  alone.leave();
  const forecast = (among = stages, priority: Priority = 'standard') =>
    backlog.forecast(among, () => 1, { clock, priority });
  return { clock, backlog, admit, run, forecast };
}

describe('what the stages of a pipeline have to do yet', () => {
  it('makes a call late in the stage that is slowest, however far away those before it are from there', async () => {
    const { admit, forecast } = await known();
    assert.equal(forecast(), undefined);
    for (let n = 0; n < 4; n++) admit();
    assert.deepEqual(forecast(), { ms: 5 * 200, stage: 'slow', calls: 4 });
  });

  it('is no more than what those that ended, failed or left have left to it', async () => {
    const { admit, run, forecast } = await known();
    const calls = Array.from({ length: 4 }, () => admit());
    await run(calls[0] as Admitted, 'dear');
    for (const call of calls) call.leave();
    assert.equal(forecast(), undefined);
  });

  it('is nothing to be refused for with one call before, of a stage that nobody knows, or that can be done without', async () => {
    const { admit, forecast } = await known();
    admit();
    assert.equal(forecast(), undefined);
    admit();
    assert.ok(forecast());
    assert.equal(forecast(stages.map((stage) => ({ ...stage, optional: true }))), undefined);
    const unknown = await known();
    for (let n = 0; n < 50; n++) unknown.admit();
    // It may answer any number at once.
    assert.equal(
      unknown.backlog.forecast(stages, () => undefined, { clock: unknown.clock }),
      undefined,
    );
  });

  it('is no reason to refuse what matters more', async () => {
    const { admit, forecast } = await known();
    for (let n = 0; n < 4; n++) admit('sheddable');
    assert.deepEqual([forecast(stages, 'critical'), forecast()], [undefined, undefined]);
    assert.equal(forecast(stages, 'sheddable')?.calls, 4);
    for (let n = 0; n < 3; n++) admit('critical');
    assert.deepEqual([forecast(stages, 'critical')?.calls, forecast()?.calls], [3, 3]);
  });

  it('goes by how fast a stage is in company, once calls have waited in it', async () => {
    const { clock, admit, forecast } = await known();
    // It runs what waits together: ten calls take 400 ms in all.
    const calls = Array.from({ length: 10 }, () => admit());
    for (const call of calls) call.begin('slow');
    await clock.advance(400);
    for (const call of calls) call.end('slow', 400);
    for (const call of calls) call.leave();
    for (let n = 0; n < 10; n++) admit();
    const slowOnly = stages.filter(({ name }) => name === 'slow');
    assert.deepEqual(forecast(slowOnly), { ms: 400 + 200, stage: 'slow', calls: 10 });
  });

  it('forgets a slow spell, though nobody waits any more who could find out that it is over', async () => {
    const { clock, admit, forecast } = await known();
    const slowOnly = stages.filter(({ name }) => name === 'slow');
    const ended = async (call: Admitted, afterMs: number, tookMs: number): Promise<void> => {
      await clock.advance(afterMs);
      call.end('slow', tookMs);
      call.leave();
    };
    const late = Array.from({ length: 10 }, () => admit());
    for (const call of late) call.begin('slow');
    for (const [index, call] of late.entries()) await ended(call, 2_000, 2_000 * (index + 1));
    const two = [admit(), admit()];
    assert.equal(forecast(slowOnly)?.ms, 2 * 2_000 + 200);
    for (const call of two) call.leave();
    // From now on the stage has room for two, who do not wait.
    for (let spent = 0; spent <= 30_000; spent += 200) {
      const both = [admit(), admit()];
      for (const call of both) call.begin('slow');
      for (const [index, call] of both.entries()) await ended(call, index === 0 ? 200 : 0, 200);
    }
    for (let n = 0; n < 2; n++) admit();
    assert.equal(forecast(slowOnly)?.ms, 2 * 200 + 200);
  });

  it('does not go by a first call that was slow, once others were quicker in company', async () => {
    const { admit, clock, forecast } = await known();
    const slowOnly = stages.filter(({ name }) => name === 'slow');
    const both = [admit(), admit()];
    for (const call of both) call.begin('slow');
    await clock.advance(50);
    for (const call of both) call.end('slow', 50);
    for (const call of both) call.leave();
    for (let n = 0; n < 4; n++) admit();
    assert.equal(forecast(slowOnly)?.ms, 5 * 50);
  });

  it('wants a fifth of the time to spare', () => {
    assert.ok(isInTime({ ms: 800, stage: 's', calls: 2 }, 1_000));
    assert.ok(!isInTime({ ms: 801, stage: 's', calls: 2 }, 1_000));
  });
});
