/** What a pick looks at of an endpoint. */
export interface Pickable {
  /** Whether it may be asked at all. */
  readonly isReady: boolean;
  /** Calls that it has to answer before another one. */
  readonly busy: number;
}

/** The endpoints that `isPreferred` holds for; all of them where it holds for none. */
export function prefer<E>(endpoints: readonly E[], isPreferred: (endpoint: E) => boolean): readonly E[] {
  const some = endpoints.filter(isPreferred);
  return some.length > 0 ? some : endpoints;
}

/** At it a queue refuses. */
const full = 1;

/**
 * The less busy of two endpoints chosen at random (M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001): nearly as even as
 * asking all of them, and no crowd runs to the same one. Of two that are equally busy it is the one whose queue is less full. Endpoints that are not ready are left out unless none is, and so are those whose queue
 * is full. `random` gives numbers in [0, 1); `utilizationOf` those from 0 to 1, 0 unless given.
 */
export function pickEndpoint<E extends Pickable>(
  endpoints: readonly E[],
  random: () => number,
  utilizationOf: (endpoint: E) => number = () => 0,
): E | undefined {
  const ready = prefer(endpoints, ({ isReady }) => isReady);
  const candidates = prefer(ready, (endpoint) => utilizationOf(endpoint) < full);
  if (candidates.length <= 1) return candidates[0];
  const first = Math.floor(random() * candidates.length);
  // Any but the first.
  const second = (first + 1 + Math.floor(random() * (candidates.length - 1))) % candidates.length;
  const [a, b] = [candidates[first], candidates[second]];
  if (!a || !b) return a;
  return (b.busy - a.busy || utilizationOf(b) - utilizationOf(a)) < 0 ? b : a;
}
