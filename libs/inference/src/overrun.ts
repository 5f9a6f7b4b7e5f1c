/** A run that passed its limit, as its server tells everybody before its process ends: who asked may have left long ago. */
export interface Overrun {
  /** Names the run: it may be told more than once. */
  readonly run: string;
  readonly model: string;
  readonly version: string;
  /** Of the requests that ran together, as `requestDigest` makes them. */
  readonly digests: readonly string[];
  /** By whose credentials they were, one for each, as principals name them; '' where nobody knows. */
  readonly callers: readonly string[];
}
