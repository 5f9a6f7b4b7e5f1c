/** How busy a model version is, as its server tells with each answer, also with one that refuses. */
export interface Load {
  /** Calls that wait for it or run, the one that was answered not counted. */
  readonly calls: number;
  /** A run of n rows takes about `fixedMs + n * rowMs`; both 0 until that is known. */
  readonly fixedMs: number;
  readonly rowMs: number;
  /** Calls that wait for it over those that may, 0 to 1; undefined where it does not say. At 1 it refuses. */
  readonly utilization?: number;
}
