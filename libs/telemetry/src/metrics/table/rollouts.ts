/** Versions that share calls out among themselves, and those in shadow. */
import type { Metric } from '../metric.ts';

const ofVersion = { labels: ['model', 'version'], place: 'gateway' } as const;

export const rolloutMetrics = {
  sheaf_registry_reachable: {
    kind: 'gauge',
    unit: 'count',
    help: 'Whether the rollouts of the registry that the mesh has or follows can be read, reported to and moved; nothing where there is no registry',
    labels: [],
    place: 'gateway',
    source: 'scrape',
  },
  sheaf_rollout_share_ratio: {
    kind: 'gauge',
    unit: 'ratio',
    help: 'Which part of the calls that name no version a version gets by a rollout; 1 is all',
    source: 'scrape',
    ...ofVersion,
  },
  sheaf_rollout_calls_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Calls that a rollout gave to a version; what a rule refused is `refused`',
    labels: ['model', 'version', 'outcome'],
    place: 'gateway',
    source: 'events',
  },
  sheaf_rollout_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long the answers took of calls that a rollout gave to a version',
    source: 'events',
    ...ofVersion,
  },
  sheaf_shadow_copies_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Copies of calls for a version in shadow: `agreed` or `differed` with what the caller was answered, `failed`, or `skipped` since there was no room for one',
    labels: ['model', 'version', 'result'],
    place: 'gateway',
    source: 'events',
  },
  sheaf_shadow_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long copies for a version in shadow took; no caller waits for them',
    source: 'events',
    ...ofVersion,
  },
  sheaf_shadow_rules_changed_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Copies in which a rule came out otherwise than for the caller',
    source: 'events',
    ...ofVersion,
  },
} as const satisfies Record<string, Metric>;
