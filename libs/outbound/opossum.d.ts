/** The part of opossum that is used here; it has no types of its own. */
declare module 'opossum' {
  import type { EventEmitter } from 'node:events';

  interface Bucket {
    readonly latencyTimes: number[];
  }

  interface Options {
    readonly name: string;
    readonly timeout: false;
    readonly volumeThreshold: number;
    /** Opens above it. */
    readonly errorThresholdPercentage: number;
    readonly rollingCountTimeout: number;
    readonly rollingCountBuckets: number;
    readonly rollingPercentilesEnabled: boolean;
    readonly enableSnapshots: boolean;
    /** Its event `rotate` begins a new bucket; without it a timer does. */
    readonly rotateBucketController: EventEmitter;
    /** What it begins as. */
    readonly state?: { readonly closed: boolean; readonly halfOpen: boolean };
  }

  export default class CircuitBreaker<A extends unknown[]> extends EventEmitter {
    constructor(action: (...args: A) => unknown, options: Options);
    fire(...args: A): Promise<unknown>;
    readonly status: {
      readonly window: readonly Bucket[];
      /** Sums over the window. */
      readonly stats: { readonly successes: number; readonly failures: number };
    };
    shutdown(): void;
  }
}
