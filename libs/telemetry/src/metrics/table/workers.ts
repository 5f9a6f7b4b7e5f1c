/** Work that is done later, as workers see it. */
import type { Metric } from '../metric.ts';

export const workerMetrics = {
  sheaf_worker_tries_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Tries of jobs that have ended: `succeeded`, `failed` for good, `retried` later, `cancelled`, `released` by a worker that ends, or `lost` to another worker',
    labels: ['kind', 'result'],
    place: 'worker',
    source: 'events',
  },
  sheaf_worker_try_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long tries of jobs took, whatever came of them',
    labels: ['kind'],
    place: 'worker',
    source: 'events',
  },
  sheaf_worker_calls_in_flight: {
    kind: 'gauge',
    unit: 'count',
    help: 'Calls of jobs that are under way at the gateways',
    labels: [],
    place: 'worker',
    source: 'scrape',
  },
  sheaf_worker_window: {
    kind: 'gauge',
    unit: 'count',
    help: 'Calls that a worker may have under way: it falls below 1 while callers want the mesh, and is then the part of the time in which one is',
    labels: [],
    place: 'worker',
    source: 'scrape',
  },
} as const satisfies Record<string, Metric>;
