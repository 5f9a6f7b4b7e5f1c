/** What the queries of the dashboards have in common. */

/** A metric of the meshes that are chosen; `matchers` are further ones. */
export const of = (metric: string, matchers = ''): string => `${metric}{job=~"$job"${matchers && `, ${matchers}`}}`;

/** By the second. */
export const rate = (metric: string, matchers = ''): string => `rate(${of(metric, matchers)}[$__rate_interval])`;

/** Of the buckets of a histogram. `by` are labels beside `le`. */
export const quantile = (q: number, histogram: string, matchers = '', by = ''): string =>
  `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (${rate(`${histogram}_bucket`, matchers)}))`;

/** The codes that say that the mesh is at fault, as the recording rules have them. */
export const faults = 'code=~"UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL|UNKNOWN|DATA_LOSS"';
