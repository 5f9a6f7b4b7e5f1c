import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Limiter } from './limiter.ts';
import { knownMax, LocalShare } from './local-share.ts';

/** Grants all. */
const fallback: Limiter = {
  take: (takes) => ({ taken: true, receipt: { takes }, standings: [] }),
  settle: () => {},
  standings: async (takes) => takes.map(() => ({ remaining: 0, resetMs: 1_000 })),
  close: async () => {},
};

describe('what is counted here while Redis is away', () => {
  it('is of so many buckets at most; the oldest is forgotten', async () => {
    const share = new LocalShare(fallback, 1, () => 0);
    const more = 500;
    for (let at = 0; at < knownMax + more; at++)
      await share.take([{ kind: 'quota', key: `k${at}`, window: 'month', max: 10, cost: 1 }], 0);
    const { owed } = await share.end();
    assert.equal(owed.length, knownMax);
    assert.equal(owed[0]?.take.key, `k${more}`);
  });
});
