import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pickEndpoint } from './pick-endpoint.ts';

const endpoint = fc.record({ isReady: fc.boolean(), busy: fc.nat(5) });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the pick of an endpoint', () => {
  it('is one that is ready whenever there is one, and never the busiest of several that are not alike', () => {
    fc.assert(
      fc.property(fc.array(endpoint, { minLength: 1 }), fraction, fraction, (endpoints, a, b) => {
        const draws = [a, b];
        const picked = pickEndpoint(endpoints, () => draws.shift() ?? 0);
        assert.ok(picked && endpoints.includes(picked));
        const ready = endpoints.filter(({ isReady }) => isReady);
        assert.ok(picked.isReady || ready.length === 0);
        const candidates = ready.length > 0 ? ready : endpoints;
        const busier = candidates.filter(({ busy }) => busy >= picked.busy);
        assert.ok(candidates.length === 1 || busier.length > 1);
      }),
    );
  });

  it('spreads calls evenly', () => {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const endpoints = Array.from({ length: 4 }, () => ({ isReady: true, busy: 0 }));
    for (let call = 0; call < 1_000; call++) {
      const picked = pickEndpoint(endpoints, random);
      if (picked) picked.busy++;
    }
    const counts = endpoints.map(({ busy }) => busy);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 8, String(counts));
  });

  it('is none of none', () => {
    assert.equal(pickEndpoint([], Math.random), undefined);
  });

  it('leaves out those whose queue is full, unless all are, and of two equally busy ones takes the less full', () => {
    const endpoint = (busy: number, full: number, isReady = true) => ({ isReady, busy, full });
    const [full, other, away] = [endpoint(0, 1), endpoint(9, 0.99), endpoint(0, 0, false)];
    for (const random of [0, 0.3, 0.6, 0.99]) {
      const pick = (...endpoints: ReturnType<typeof endpoint>[]) =>
        pickEndpoint(
          endpoints,
          () => random,
          (one) => one.full,
        );
      assert.equal(pick(full, other, away), other);
      assert.equal(pick(full, away), full);
      const [less, more] = [endpoint(4, 0.2), endpoint(4, 0.3)];
      assert.equal(pick(less, more), less);
      assert.equal(pick(endpoint(5, 0), more), more);
    }
  });
});
