import type { Propagation } from '@sheaf/inference';

/** One way to write a trace into headers, and to read it. */
export interface Propagator {
  readonly extract: Propagation['extract'];
  readonly inject: (...args: Parameters<Propagation['inject']>) => unknown;
}
