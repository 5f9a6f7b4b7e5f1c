/** Work that waits, as gateways take it in and see it. */
import type { Metric } from '../metric.ts';

export const jobMetrics = {
  sheaf_jobs_submitted_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Jobs that callers submitted: `added`, or `known` by their idempotency key',
    labels: ['result'],
    place: 'gateway',
    source: 'events',
  },
  sheaf_jobs: {
    kind: 'gauge',
    unit: 'count',
    help: 'Jobs that are `queued` or `running`, of all gateways and tenants; nothing where there never was one',
    labels: ['kind', 'state'],
    place: 'gateway',
    source: 'scrape',
  },
  sheaf_jobs_oldest_queued_age_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    help: 'How long the job has waited that waits for the longest time of all that may begin now',
    labels: [],
    place: 'gateway',
    source: 'scrape',
  },
} as const satisfies Record<string, Metric>;
