/** What every limiter promises, whatever keeps its state. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Limiter, Receipt, Standing, Take, Verdict } from '../limiter.ts';

/** Milliseconds since the epoch, for all limiters of a test. */
export interface FakeTime {
  now: number;
}

export const rate = (key: string, cost: number, perSecond: number, burst: number): Take => ({
  kind: 'rate',
  key,
  cost,
  perSecond,
  burst,
});
export const concurrent = (key: string, max: number): Take => ({ kind: 'concurrent', key, max });
export const quota = (key: string, cost: number, max: number, window: 'day' | 'month' = 'day'): Take => ({
  kind: 'quota',
  key,
  cost,
  max,
  window,
});

export function admitted(verdict: Verdict): Extract<Verdict, { taken: true }> {
  assert.ok(verdict.taken, `want taken, got ${JSON.stringify(verdict)}`);
  return verdict;
}

export const taken = (verdict: Verdict): Receipt => admitted(verdict).receipt;

export function refused(verdict: Verdict): Extract<Verdict, { taken: false }> {
  assert.ok(!verdict.taken, 'want refused, got taken');
  return verdict;
}

export function near(actual: number | undefined, expected: number, what = 'value'): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 0.01, `${what}: want ${expected}, got ${actual}`);
}

function stands(actual: Standing | undefined, remaining: number, resetMs: number): void {
  near(actual?.remaining, remaining, 'remaining');
  near(actual?.resetMs, resetMs, 'resetMs');
}

const noonMs = Date.UTC(2028, 1, 29, 12);
const hourMs = 3_600_000;

export function limiterContract(name: string, create: (time: FakeTime) => Promise<Limiter>): void {
  describe(`${name} keeps the Limiter contract`, () => {
    let time: FakeTime = { now: noonMs };
    let limiter: Limiter;
    const take = async (takes: Take[], holdMs = 10_000) => limiter.take(takes, holdMs);

    beforeEach(async () => {
      time = { now: noonMs };
      limiter = await create(time);
    });
    afterEach(() => limiter.close());

    it('takes the burst at once, then one as soon as there is one', async () => {
      const one = [rate('r', 1, 10, 3)];
      stands(admitted(await take(one)).standings[0], 2, 100);
      stands(admitted(await take(one)).standings[0], 1, 200);
      stands(admitted(await take(one)).standings[0], 0, 300);

      const no = refused(await take(one));
      assert.equal(no.why, 'empty');
      near(no.retryAfterMs, 100);
      stands(no.standings[0], 0, 300);

      time.now += 99;
      near(refused(await take(one)).retryAfterMs, 1);
      time.now += 1;
      taken(await take(one));
      refused(await take(one));
    });

    it('weighs costs, and is full again when it says', async () => {
      taken(await take([rate('c', 7, 2, 10)]));
      near(refused(await take([rate('c', 5, 2, 10)])).retryAfterMs, 1000);
      stands((await limiter.standings([rate('c', 0, 2, 10)]))[0], 3, 3500);

      time.now += 3500;
      stands((await limiter.standings([rate('c', 0, 2, 10)]))[0], 10, 0);
    });

    it('says when waiting does not help', async () => {
      const costly = [rate('t', 4, 1, 3), quota('t', 4, 3), concurrent('t', 0)];
      for (const one of costly) {
        const no = refused(await take([rate('other', 1, 1, 9), one]));
        assert.deepEqual([no.refused, no.why, no.retryAfterMs], [1, 'too-costly', -1]);
      }
      stands((await limiter.standings([rate('other', 1, 1, 9)]))[0], 9, 0);
    });

    it('takes all or nothing, and names the refusal that takes longest', async () => {
      const held = taken(await take([concurrent('a:c', 1), rate('a:r1', 3, 1, 3), quota('a:q', 6, 6)]));
      const all = [concurrent('a:free', 9), concurrent('a:c', 1), rate('a:r1', 1, 1, 3), rate('a:r2', 2, 1, 3)];

      assert.deepEqual(
        [refused(await take(all)).refused, Math.round(refused(await take(all)).retryAfterMs)],
        [2, 1000],
      );
      const withQuota = refused(await take([...all, quota('a:q', 2, 6)]));
      assert.equal(withQuota.refused, 4);
      near(withQuota.retryAfterMs, 12 * hourMs);
      assert.equal(withQuota.standings.length, 5);

      limiter.settle(held);
      const standings = await limiter.standings([...all, quota('a:q', 2, 6)]);
      assert.deepEqual(
        standings.map(({ remaining }) => remaining),
        [9, 1, 0, 3, 0],
      );
    });

    it('counts a bucket that one call names twice twice', async () => {
      const twice = [rate('d', 2, 1, 3), rate('d', 2, 1, 3)];
      near(refused(await take(twice)).retryAfterMs, 1000);
      stands((await limiter.standings(twice))[0], 3, 0);
      assert.equal(refused(await take([concurrent('d', 1), concurrent('d', 1)])).refused, 1);
      assert.equal(refused(await take([quota('d', 2, 3), quota('d', 2, 3)])).refused, 1);
      taken(await take([rate('d', 1, 1, 3), rate('d', 2, 1, 3), quota('d', 1, 3), quota('d', 2, 3)]));
      refused(await take([quota('d', 1, 3)]));
    });

    it('counts calls at the same time until they are settled, or their time is up', async () => {
      const two = [concurrent('l', 2)];
      const first = taken(await take(two, 1000));
      const second = admitted(await take(two, 5000));
      stands(second.standings[0], 0, 0);
      assert.equal(refused(await take(two)).retryAfterMs, 0);

      limiter.settle(first);
      limiter.settle(first);
      taken(await take(two, 1000));
      refused(await take(two));
      time.now += 999;
      refused(await take(two));
      time.now += 1;
      taken(await take(two));
      refused(await take(two));
    });

    it('counts quotas by days and months of UTC', async () => {
      const day = [quota('q', 4, 10)];
      const month = [quota('q', 4, 10, 'month')];
      stands(admitted(await take(day)).standings[0], 6, 12 * hourMs);
      stands(admitted(await take(month)).standings[0], 6, 12 * hourMs);
      taken(await take(day));
      near(refused(await take(day)).retryAfterMs, 12 * hourMs);

      time.now += 12 * hourMs - 1;
      near(refused(await take(day)).retryAfterMs, 1);
      time.now += 1;
      stands((await limiter.standings(month))[0], 10, 0);
      stands(admitted(await take(day)).standings[0], 6, 24 * hourMs);
      stands(admitted(await take(month)).standings[0], 6, 31 * 24 * hourMs);
    });

    it('charges what a call has cost more, and gives back what it has cost less', async () => {
      const takes = [rate('s', 4, 1, 10), concurrent('s', 5), quota('s', 4, 10)];
      limiter.settle(taken(await take(takes)), [1, 1, 1]);
      assert.deepEqual(
        (await limiter.standings(takes)).map(({ remaining }) => remaining),
        [9, 5, 9],
      );

      limiter.settle(taken(await take(takes)), [12, 1, 6]);
      const [owed, , used] = await limiter.standings(takes);
      stands(owed, 0, 13_000);
      stands(used, 3, 12 * hourMs);
      near(refused(await take([rate('s', 1, 1, 10)])).retryAfterMs, 4000);
    });

    it('never fills a bucket beyond full, and leaves yesterday alone', async () => {
      const takes = [rate('f', 4, 1, 10), quota('f', 4, 10)];
      const receipt = taken(await take(takes));
      time.now += 24 * hourMs;
      taken(await take([quota('f', 3, 10)]));
      limiter.settle(receipt, [0, 9]);

      const [full, today] = await limiter.standings(takes);
      stands(full, 10, 0);
      stands(today, 7, 12 * hourMs);
    });

    it('takes a wrong cost at the end of a call for what was taken', async () => {
      const takes = [rate('w', 4, 1, 10), quota('w', 4, 10)];
      for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
        limiter.settle(taken(await take(takes)), [wrong, 4]);
        stands((await limiter.standings(takes))[0], 6, 4000);
        time.now += 24 * hourMs;
      }
    });

    it('throws INTERNAL for numbers that are none, and no bucket suffers', async () => {
      for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
        const bad = [
          rate('n', wrong, 1, 3),
          rate('n', 1, wrong, 3),
          rate('n', 1, 1, wrong),
          quota('n', wrong, 3),
          quota('n', 1, wrong),
          concurrent('n', wrong),
        ];
        for (const one of bad) await assert.rejects(take([rate('n', 1, 1, 3), one]), { code: 'INTERNAL' });
        await assert.rejects(take([rate('n', 1, 1, 3)], wrong), { code: 'INTERNAL' });
      }
      stands((await limiter.standings([rate('n', 1, 1, 3)]))[0], 3, 0);
    });

    it('grants what costs nothing, and calls without limits', async () => {
      taken(await take([rate('z', 3, 1, 3), quota('z', 3, 3)]));
      taken(await take([rate('z', 0, 1, 3), quota('z', 0, 3)]));
      taken(await take([]));
    });

    it('is exact in the long run, whatever the rate', async () => {
      const third = [rate('x', 1, 3, 1)];
      let count = 0;
      for (let step = 0; step < 400; step++) {
        if ((await take(third)).taken) count++;
        time.now += 25;
      }
      // 400 · 25 ms · 3/s, each a little late for want of a finer step: 350 ms apart, and the first at once.
      assert.equal(count, 29);
    });

    it('refuses everything once closed', async () => {
      await limiter.close();
      assert.equal(refused(await take([rate('e', 1, 1, 3)])).why, 'closed');
    });
  });
}
