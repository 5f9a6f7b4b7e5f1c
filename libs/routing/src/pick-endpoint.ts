/** What a pick looks at of an endpoint. */
export interface Pickable {
  /** Whether it may be asked at all. */
  readonly isReady: boolean;
  /** Calls that it has to answer before another one. */
  readonly busy: number;
}

/** Those that `wish` holds for; all of them where it holds for none. */
export function prefer<E>(endpoints: readonly E[], wish: (endpoint: E) => boolean): readonly E[] {
  const some = endpoints.filter(wish);
  return some.length > 0 ? some : endpoints;
}

/**
 * The less busy of two endpoints chosen at random (M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001): nearly as even as
 * asking all of them, and no crowd runs to the same one. Endpoints that are not ready are left out, unless none is. `random` gives numbers in [0, 1).
 */
export function pickEndpoint<E extends Pickable>(endpoints: readonly E[], random: () => number): E | undefined {
  const candidates = prefer(endpoints, ({ isReady }) => isReady);
  if (candidates.length <= 1) return candidates[0];
  const first = Math.floor(random() * candidates.length);
  // Any but the first.
  const second = (first + 1 + Math.floor(random() * (candidates.length - 1))) % candidates.length;
  const [a, b] = [candidates[first], candidates[second]];
  return a && b && b.busy < a.busy ? b : a;
}
