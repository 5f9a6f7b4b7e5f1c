/** The metrics of a process as OpenTelemetry has them. */
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, type DataPoint, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { Metric } from './metric.ts';
import type { Counter, Histogram, Registry } from './registry.ts';
import { type MetricName, metrics } from './table.ts';

const units: readonly (readonly [suffix: RegExp, unit: string])[] = [
  [/_seconds$/, 's'],
  [/_bytes$/, 'By'],
  [/_ratio$/, '1'],
];

/** Without the endings that a collector gives it for Prometheus; those of the conventions for RPC as these have them. */
export function nameOf(name: string): { readonly name: string; readonly unit: string } {
  const base = name.replace(/_total$/, '');
  const [suffix, unit = ''] = units.find(([ending]) => ending.test(base)) ?? [];
  const short = suffix ? base.replace(suffix, '') : base;
  return { name: short.startsWith('rpc_') ? short.replaceAll('_', '.') : short, unit };
}

const attributeNames: ReadonlyMap<string, string> = new Map([
  ['rpc_system_name', 'rpc.system.name'],
  ['rpc_method', 'rpc.method'],
  ['rpc_response_status_code', 'rpc.response.status_code'],
  ['server_address', 'server.address'],
  ['server_port', 'server.port'],
]);

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** Those that have a series, as they are now. */
export function metricData(registry: Registry, startedAtMs: number, nowMs: number): MetricData[] {
  const times: Times = { startTime: hrTime(startedAtMs), endTime: hrTime(nowMs) };
  return (Object.keys(metrics) as MetricName[]).flatMap((name) => {
    const series = [...registry.seriesOf(name)];
    return series.length === 0 ? [] : [dataOf(name, series, times)];
  });
}

function dataOf(key: MetricName, series: readonly (Counter | Histogram)[], times: Times): MetricData {
  const { kind, help, labels }: Metric = metrics[key];
  const { name, unit } = nameOf(key);
  const base = {
    descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const names = labels.map((label) => attributeNames.get(label) ?? label);
  const attributesOf = (values: readonly string[]): Attributes =>
    Object.fromEntries(names.map((label, index) => [label, values[index] ?? '']));
  if (kind === 'histogram')
    return {
      ...base,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: series.flatMap((one) => ('value' in one ? [] : [histogramPoint(one, attributesOf, times)])),
    };
  const dataPoints = series.flatMap((one) =>
    'value' in one ? [{ ...times, attributes: attributesOf(one.values), value: one.value }] : [],
  );
  return kind === 'counter'
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
}

function histogramPoint(
  { bounds, counts, sum, values }: Histogram,
  attributesOf: (values: readonly string[]) => Attributes,
  times: Times,
): DataPoint<{ buckets: { boundaries: number[]; counts: number[] }; sum: number; count: number }> {
  const all = Array.from(counts);
  const count = all.reduce((total, one) => total + one, 0);
  const value = { buckets: { boundaries: [...bounds], counts: all }, sum, count };
  return { ...times, attributes: attributesOf(values), value };
}
