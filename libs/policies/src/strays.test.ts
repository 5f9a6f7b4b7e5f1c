import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { createMemoryLimiter } from '@sheaf/limiter';
import { compileLimits } from './compiled-limit.ts';
import { enforceLimits } from './limits.ts';
import { createStrays } from './strays.ts';
import { acme, contextOf, fakeLimiter, policiesOf, refusalOf } from './testing/test-call.ts';

describe('a call of which nobody can tell what it is for', () => {
  const rates = [
    { name: 'hourly', rate: '1/h', burst: 3 },
    { name: 'work', rate: '100/s', burst: 100, cost: 'ms' },
    { name: 'each', rate: '1/h', per: ['model'] },
    { name: 'some', rate: '1/h', models: ['m'] },
    { name: 'daily', quota: '1/day' },
    { name: 'others', rate: '1/h', tenants: ['other'] },
  ];
  const strayed = () => {
    let now = 0;
    const strays = createStrays(
      compileLimits(policiesOf({ limits: rates }).limits, 1),
      createMemoryLimiter({ now: () => now, wallNow: () => 0 }),
      { now: () => now },
    );
    const wait = (ms: number): void => {
      now += ms;
    };
    const codeOf = async (act: () => unknown): Promise<string> => {
      try {
        await act();
        return 'OK';
      } catch (error) {
        return error instanceof InferError ? error.reason : String(error);
      }
    };
    const { context, trailers } = contextOf();
    return {
      take: () => codeOf(() => strays.take(context)),
      check: (principal = context.principal) => codeOf(() => strays.check(principal, () => context)),
      wait,
      trailers,
    };
  };

  it('takes one of each rate that is about all models together', async () => {
    const { take, trailers } = strayed();
    assert.equal(await take(), 'OK');
    assert.equal(trailers.get('ratelimit'), '"hourly";r=2;t=3600, "work";r=99;t=1');
  });

  it('is refused when one of them has none left, and from then on before it is looked at, until there is one again', async () => {
    const { take, check, wait } = strayed();
    for (let n = 0; n < 3; n++) assert.deepEqual([await check(), await take()], ['OK', 'OK']);
    assert.equal(await check(), 'OK', 'nobody knows yet that the next one is one too');
    assert.equal(await take(), 'RATE_LIMITED');
    assert.equal(await check(), 'RATE_LIMITED');
    assert.equal(await check({ ...acme, id: 'key:k2' }), 'OK');
    wait(3_600_000 - 1);
    assert.equal(await check(), 'RATE_LIMITED');
    wait(1);
    assert.deepEqual(
      [await check(), await take(), await take(), await check()],
      ['OK', 'OK', 'RATE_LIMITED', 'RATE_LIMITED'],
    );
  });

  it('leaves no bucket of a name that is not there', async () => {
    const { limiter, taken } = fakeLimiter();
    const limits = [
      { name: 'l', rate: '1/h' },
      { name: 'each', rate: '1/h', per: ['model'] },
    ];
    await refusalOf(
      enforceLimits(compileLimits(policiesOf({ limits }).limits, 1), limiter, {
        callsOf: () => undefined,
        usualMs: () => undefined,
      }),
      'unknown',
    );
    assert.deepEqual(
      taken.map((takes) => takes.map(({ key }) => key)),
      [['["l","acme"]']],
    );
  });
});
