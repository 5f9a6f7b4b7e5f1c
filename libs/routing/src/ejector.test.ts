import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type EndpointRecord, ejectionMs, outliers } from './ejection.ts';
import { Ejector, type ObservedCall, type Standing } from './ejector.ts';

const record = (more: Partial<EndpointRecord> = {}): EndpointRecord => ({
  successes: 100,
  failures: 0,
  mediansMs: new Map(),
  isReady: true,
  isEjected: false,
  ...more,
});
const named = (...records: EndpointRecord[]) => new Map(records.map((entry, index) => [String(index), entry]));
const failing = record({ successes: 0, failures: 100 });
const slow = (ms: number) => record({ mediansMs: new Map([['m', ms]]) });

describe('the outliers of a service', () => {
  it('are those that fail more than 85 of 100 calls, with 20 calls or more, while a sibling does not', () => {
    const of = (successes: number, failures: number) => outliers(named(record({ successes, failures }), record()));
    assert.deepEqual([of(15, 85), of(14, 86)], [[], ['0']]);
    assert.deepEqual([of(0, 19), of(0, 20)], [[], ['0']]);
    assert.deepEqual(outliers(named(failing, failing)), []);
  });

  it('are those whose success rate is 1.9 standard deviations below the mean, of 5 endpoints with 100 calls each', () => {
    const good = [record(), record(), record(), record()];
    const bad = record({ successes: 70, failures: 30 });
    assert.deepEqual(outliers(named(...good, bad)), ['4']);
    assert.deepEqual(outliers(named(...good.slice(1), bad)), []);
    assert.deepEqual(outliers(named(...good, record({ successes: 69, failures: 30 }))), []);
  });

  it('are those whose median is more than 3 times that of their siblings, and at least 20 ms later', () => {
    assert.deepEqual(outliers(named(slow(10), slow(31))), ['1']);
    assert.deepEqual(outliers(named(slow(10), slow(30))), []);
    assert.deepEqual(outliers(named(slow(1), slow(20.9))), []);
    assert.deepEqual(outliers(named(slow(10), record({ mediansMs: new Map([['other', 500]]) }))), []);
  });

  it('are at most half of fewer than ten endpoints, a tenth of more, the worst first', () => {
    const some = (bad: number, all: number) =>
      outliers(named(...Array.from({ length: all }, (_, n) => (n < bad ? failing : record())))).length;
    assert.deepEqual([some(3, 4), some(8, 9), some(8, 10), some(20, 30)], [2, 4, 1, 3]);
    assert.deepEqual(outliers(named(slow(100), slow(200), slow(10), slow(10), slow(10))), ['1', '0']);
  });

  it('never leave a service without one that is ready, whatever happened', () => {
    const any = fc.record({
      successes: fc.nat(200),
      failures: fc.nat(200),
      mediansMs: fc.nat(500).map((ms) => new Map([['m', ms]])),
      isReady: fc.boolean(),
      isEjected: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 30 }), (records) => {
        const all = named(...records);
        const ejected = outliers(all);
        const left = [...all].filter(([key, { isEjected }]) => !isEjected && !ejected.includes(key));
        assert.ok(ejected.length === 0 || left.some(([, { isReady }]) => isReady));
        const out = records.filter(({ isEjected }) => isEjected).length + ejected.length;
        const most = Math.max(1, Math.floor(records.length * (records.length < 10 ? 0.5 : 0.1)));
        assert.ok(ejected.length === 0 || out <= most);
      }),
    );
  });

  it('are left out for 30 s, longer each time, at most 300 s', () => {
    assert.deepEqual([1, 2, 10, 11].map(ejectionMs), [30_000, 60_000, 300_000, 300_000]);
  });
});

function openService() {
  let now = 0;
  const endpoints = [{ isReady: true }, { isReady: true }] as const;
  const ejector = new Ejector<{ readonly isReady: boolean }>(() => now);
  return {
    at: (ms: number): void => {
      now = ms;
    },
    calls: (index: 0 | 1, count: number, call: Partial<ObservedCall> = {}): void => {
      for (let n = 0; n < count; n++)
        ejector.record(endpoints[index], { isGood: true, kind: 'm', tookMs: 10, ...call }, false);
    },
    probe: (index: 0 | 1): void => ejector.probe(endpoints[index]),
    probed: (index: 0 | 1, call: Partial<ObservedCall> | undefined): void =>
      ejector.record(endpoints[index], call && { isGood: true, kind: 'm', tookMs: 10, ...call }, true),
    standings: (): Standing[] => [...ejector.standings(endpoints).values()],
  };
}

/** The second endpoint is slow, and out at 10 s. */
function withOneOut() {
  const service = openService();
  service.calls(0, 100);
  service.calls(1, 30, { tookMs: 200 });
  service.at(10_000);
  assert.deepEqual(service.standings(), ['in', 'out']);
  return service;
}

describe('an ejector', () => {
  it('looks every 10 s', () => {
    const service = openService();
    service.calls(0, 100);
    service.calls(1, 100, { isGood: false });
    service.at(9_999);
    assert.deepEqual(service.standings(), ['in', 'in']);
    service.at(10_000);
    assert.deepEqual(service.standings(), ['in', 'out']);
  });

  it('takes an endpoint back when one call, after 30 s, finds it well', () => {
    const service = withOneOut();
    service.at(39_999);
    assert.deepEqual(service.standings(), ['in', 'out']);
    service.at(40_000);
    assert.deepEqual(service.standings(), ['in', 'probe']);
    service.probe(1);
    assert.deepEqual(service.standings(), ['in', 'out']);
    service.probed(1, {});
    assert.deepEqual(service.standings(), ['in', 'in']);
  });

  it('leaves it out for twice as long when the call fails, or is as slow as before', () => {
    for (const call of [{ isGood: false }, { tookMs: 200 }]) {
      const service = withOneOut();
      // So that there is something to compare with.
      service.calls(0, 100);
      service.at(40_000);
      service.standings();
      service.probe(1);
      service.probed(1, call);
      service.at(99_999);
      assert.deepEqual(service.standings(), ['in', 'out']);
      service.at(100_000);
      assert.deepEqual(service.standings(), ['in', 'probe']);
    }
  });

  it('asks for another probe when one says nothing', () => {
    const service = withOneOut();
    service.at(40_000);
    service.probe(1);
    service.probed(1, undefined);
    assert.deepEqual(service.standings(), ['in', 'probe']);
  });

  it('forgets one ejection with each interval that an endpoint is in', () => {
    const service = withOneOut();
    service.at(40_000);
    service.standings();
    service.probe(1);
    service.probed(1, {});
    service.at(50_000);
    service.standings();
    service.calls(0, 100);
    service.calls(1, 30, { tookMs: 200 });
    service.at(60_000);
    assert.deepEqual(service.standings(), ['in', 'out']);
    service.at(90_000);
    assert.deepEqual(service.standings(), ['in', 'probe']);
  });

  it('says nothing of fewer than 20 answers', () => {
    const service = openService();
    service.calls(0, 100);
    service.calls(1, 19, { tookMs: 200 });
    service.at(10_000);
    assert.deepEqual(service.standings(), ['in', 'in']);
  });
});
