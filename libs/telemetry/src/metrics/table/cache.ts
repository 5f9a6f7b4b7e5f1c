/** Answers that are kept. */
import type { Metric } from '../metric.ts';

const ofGateway = { labels: [], place: 'gateway', source: 'scrape' } as const;

export const cacheMetrics = {
  sheaf_cache_answers_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Answered calls for names whose answers are kept: a `hit`, a `miss`, `coalesced` with a call for the same that was under way, or a `bypass` where nothing is kept of such a call',
    labels: ['model', 'version', 'result'],
    place: 'gateway',
    source: 'events',
  },
  sheaf_cache_bytes: { kind: 'gauge', unit: 'bytes', help: 'What the answers take that are kept', ...ofGateway },
  sheaf_cache_entries: { kind: 'gauge', unit: 'count', help: 'Answers that are kept', ...ofGateway },
  sheaf_cache_evictions_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Answers that went before their time, since others needed the room',
    ...ofGateway,
  },
} as const satisfies Record<string, Metric>;
