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
});
