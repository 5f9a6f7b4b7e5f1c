/** The one table of metrics: what is registered, told and documented comes from here. */
import type { Metric } from './metric.ts';
import { cacheMetrics } from './table/cache.ts';
import { callMetrics } from './table/calls.ts';
import { jobMetrics } from './table/jobs.ts';
import { modelMetrics } from './table/models.ts';
import { outboundMetrics } from './table/outbound.ts';
import { pipelineMetrics } from './table/pipelines.ts';
import { processMetrics } from './table/processes.ts';
import { rolloutMetrics } from './table/rollouts.ts';
import { workerMetrics } from './table/workers.ts';

export const metrics = {
  ...callMetrics,
  ...pipelineMetrics,
  ...outboundMetrics,
  ...rolloutMetrics,
  ...jobMetrics,
  ...cacheMetrics,
  ...modelMetrics,
  ...workerMetrics,
  ...processMetrics,
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** Groups of them, as the reference page has them. */
export const groups: readonly { readonly title: string; readonly metrics: Readonly<Record<string, Metric>> }[] = [
  { title: 'Calls', metrics: callMetrics },
  { title: 'Pipelines', metrics: pipelineMetrics },
  { title: 'The way to the services', metrics: outboundMetrics },
  { title: 'Rollouts', metrics: rolloutMetrics },
  { title: 'Work for later', metrics: jobMetrics },
  { title: 'Answers that are kept', metrics: cacheMetrics },
  { title: 'Models and transforms', metrics: modelMetrics },
  { title: 'Work that is done later', metrics: workerMetrics },
  { title: 'Processes', metrics: processMetrics },
];

/** Upper bounds of the buckets of histograms, by their unit: from 100 us to 60 s, and from 1 to 1,024. */
export const buckets = {
  seconds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  count: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
} as const;

/** Those of one metric. */
export const bucketsOf = ({ unit }: Metric): readonly number[] =>
  unit === 'seconds' ? buckets.seconds : buckets.count;
