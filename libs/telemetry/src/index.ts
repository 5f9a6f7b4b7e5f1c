export { type LabelName, labels, type Metric } from './metrics/metric.ts';
export { metricsPage } from './metrics/reference-page.ts';
export { bucketsOf, type MetricName, metrics } from './metrics/table.ts';
export { createTracing, type Exporter, type TraceCounts, type Tracing } from './traces/tracing.ts';
