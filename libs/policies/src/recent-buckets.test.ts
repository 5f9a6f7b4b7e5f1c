import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryLimiter } from '@sheaf/limiter';
import { compileLimits } from './compiled-limit.ts';
import type { LimitCharge } from './limit-charge.ts';
import { RecentBuckets, recentBucketsMax } from './recent-buckets.ts';
import type { LimitSpec } from './spec.ts';

const spec: LimitSpec = {
  name: 'burst',
  allows: { kind: 'rate', perSecond: 1, burst: 4 },
  per: ['tenant'],
  tenants: ['*'],
  models: ['*'],
  cost: undefined,
  settle: 0,
};
const limits = compileLimits([spec, { ...spec, name: 'unused' }], 1);
const chargeOf = (tenant: string): LimitCharge => ({
  limit: limits[0] as LimitCharge['limit'],
  take: { kind: 'rate', key: `burst ${tenant}`, cost: 1, perSecond: 1, burst: 4 },
  whose: { tenant },
  about: {
    kind: 'quota',
    subject: `tenant:${tenant}`,
    metric: 'requests',
    id: 'burst',
    dimensions: { tenant },
    value: 4,
  },
});
const noQuotas = { reserve: async () => 0, giveBack: async () => {}, used: async () => 0 };
const createLimiter = () => createMemoryLimiter({ now: () => 0, wallNow: () => 0, quotas: noQuotas });

describe('the buckets that were used lately', () => {
  it('are told by limit, the latest first, with what is left; to ask takes nothing', async () => {
    const limiter = createLimiter();
    const recent = new RecentBuckets();
    for (const tenant of ['a', 'b', 'a']) {
      recent.note([chargeOf(tenant)]);
      await limiter.take([chargeOf(tenant).take], 0);
    }
    const wanted = [
      {
        name: 'burst',
        policy: '"burst";q=4;w=4;qu="requests"',
        buckets: [
          { whose: { tenant: 'a' }, remaining: 2, resetMs: 2000 },
          { whose: { tenant: 'b' }, remaining: 3, resetMs: 1000 },
        ],
      },
      { name: 'unused', policy: '"unused";q=4;w=4;qu="requests"', buckets: [] },
    ];
    assert.deepEqual(await recent.standings(limits, limiter), wanted);
    assert.deepEqual(await recent.standings(limits, limiter), wanted);
  });

  it(`are ${recentBucketsMax}: the one that was used longest ago is forgotten`, async () => {
    const recent = new RecentBuckets();
    for (let tenant = 0; tenant <= recentBucketsMax; tenant++) recent.note([chargeOf(String(tenant))]);
    const [burst] = await recent.standings(limits, createLimiter());
    const tenants = burst?.buckets.map(({ whose }) => whose.tenant);
    assert.deepEqual(
      [tenants?.length, tenants?.[0], tenants?.at(-1)],
      [recentBucketsMax, String(recentBucketsMax), '1'],
    );
  });
});
