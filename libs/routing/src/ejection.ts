/** Which endpoints of a service are so much worse than their siblings that they are left out for a while: gRFC A50, and latency. */

/** How the calls of one endpoint ended in one interval. */
export interface EndpointRecord {
  readonly successes: number;
  readonly failures: number;
  /** How long its answers took in the middle, by kind of call; kinds with too few of them are not there. */
  readonly mediansMs: ReadonlyMap<string, number>;
  readonly isReady: boolean;
  readonly isEjected: boolean;
}

export const ejectionRules = {
  intervalMs: 10_000,
  /** Times how often it was ejected. */
  baseMs: 30_000,
  maxMs: 300_000,
  percentMax: 10,
  /** Of fewer endpoints than this, half may be ejected. */
  fewEndpoints: 10,
  fewPercentMax: 50,
  /** Success rate: standard deviations below the mean, */
  stdevFactor: 1.9,
  /** among so many endpoints or more */
  rateEndpointsMin: 5,
  /** with so many calls each. */
  rateCallsMin: 100,
  /** Failures of a hundred calls, from which it needs no comparison, */
  failurePercent: 85,
  /** with so many calls of it, and a sibling that is left. */
  failureCallsMin: 20,
  /** Latency: times its siblings' median, */
  slownessFactor: 3,
  /** and later than it by so much: a small model takes several times as long whenever the machine does something else. */
  lateMinMs: 20,
} as const;

type Key = string;

/** The endpoints to eject now, the worst first; `records` are of all. */
export function outliers(records: ReadonlyMap<Key, EndpointRecord>): Key[] {
  const rules = ejectionRules;
  const percentMax = records.size < rules.fewEndpoints ? rules.fewPercentMax : rules.percentMax;
  const inUse = [...records].filter(([, { isEjected }]) => !isEjected);
  // One may always go, as long as another stays.
  const places = Math.max(1, Math.floor((records.size * percentMax) / 100)) - (records.size - inUse.length);
  const suspects = [...byFailurePercent(inUse), ...bySuccessRate(inUse), ...byLatency(inUse)];
  const ejected: Key[] = [];
  for (const key of new Set(suspects)) {
    const isOtherLeft = inUse.some(([other, { isReady }]) => other !== key && isReady && !ejected.includes(other));
    if (ejected.length < places && isOtherLeft) ejected.push(key);
  }
  return ejected;
}

type Candidates = readonly (readonly [Key, EndpointRecord])[];

const callsOf = ({ successes, failures }: EndpointRecord): number => successes + failures;
const keys = (candidates: Candidates): Key[] => candidates.map(([key]) => key);

function byFailurePercent(candidates: Candidates): Key[] {
  const { failurePercent, failureCallsMin } = ejectionRules;
  const bad = candidates.filter(
    ([, record]) => callsOf(record) >= failureCallsMin && (record.failures / callsOf(record)) * 100 > failurePercent,
  );
  // Where all fail it is not the endpoint.
  return bad.length === candidates.length ? [] : keys(bad.toSorted(([, a], [, b]) => b.failures - a.failures));
}

function bySuccessRate(candidates: Candidates): Key[] {
  const { stdevFactor, rateEndpointsMin, rateCallsMin } = ejectionRules;
  const busy = candidates.filter(([, record]) => callsOf(record) >= rateCallsMin);
  if (busy.length < rateEndpointsMin) return [];
  const rateOf = (record: EndpointRecord): number => record.successes / callsOf(record);
  const rates = busy.map(([, record]) => rateOf(record));
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  const least = mean - stdevFactor * Math.sqrt(variance);
  const bad = busy.filter(([, record]) => rateOf(record) < least);
  return keys(bad.toSorted(([, a], [, b]) => rateOf(a) - rateOf(b)));
}

function byLatency(candidates: Candidates): Key[] {
  const slow = candidates.flatMap(([key, { mediansMs }]) => {
    const siblings = candidates.filter(([other]) => other !== key).map(([, record]) => record.mediansMs);
    const usual = usualOf(siblings);
    const worst = Math.max(0, ...[...mediansMs].map(([kind, ms]) => slownessOf(ms, usual.get(kind))));
    return worst > ejectionRules.slownessFactor ? [{ key, worst }] : [];
  });
  return slow.toSorted((a, b) => b.worst - a.worst).map(({ key }) => key);
}

/** By kind of call: the median of the endpoints' medians. */
export function usualOf(mediansMs: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const byKind = Map.groupBy(
    mediansMs.flatMap((medians) => [...medians]),
    ([kind]) => kind,
  );
  return new Map([...byKind].map(([kind, values]) => [kind, median(values.map(([, ms]) => ms))]));
}

/** How many times the usual; 1 for what is hardly later. */
export const slownessOf = (ms: number, usualMs: number | undefined): number =>
  usualMs === undefined || ms - usualMs < ejectionRules.lateMinMs ? 1 : ms / usualMs;

/** Of a list that is not empty; the lower one of two in the middle. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] as number;

/** How long the `count`th ejection of an endpoint lasts, counted from 1. */
export const ejectionMs = (count: number): number => Math.min(ejectionRules.baseMs * count, ejectionRules.maxMs);
