/** The whole mesh in a few numbers, as the gateway sees it that was asked. */
import type { Folder } from '../folder.ts';
import { type Interval, sum } from '../interval.ts';
import { ratio } from './names.ts';

export interface MeshRow {
  /** Requests for inference that ended, each second. */
  readonly callsPerSecond: number | undefined;
  /** Part of them; 1 is all. */
  readonly failedRatio: number | undefined;
  readonly refusedRatio: number | undefined;
  /** Of those that were answered. */
  readonly p50Seconds: number | undefined;
  readonly p99Seconds: number | undefined;
  readonly inFlight: number;
  readonly connections: number;
  readonly bytesInFlight: number;
  readonly bytesInFlightLimit: number;
  readonly breakersOpen: number;
  readonly quarantined: number;
  readonly slowedCallers: number;
  /** What of the folder is not served as it stands there. */
  readonly partsOut: number;
  /** Processes that did not tell their numbers. */
  readonly silentProcesses: number;
  /** By the caller who has least left of each; 1 is all. The fullest first. */
  readonly limits: readonly { readonly name: string; readonly useRatio: number }[];
}

export function meshRow(interval: Interval, { partsOut }: Folder): MeshRow {
  const calls = sum(interval.increases('sheaf_requests_total'));
  const share = (outcome: string): number | undefined =>
    ratio(sum(interval.increases('sheaf_requests_total', { outcome })), calls);
  const quantile = (of: number): number | undefined =>
    interval.quantile(of, 'sheaf_request_duration_seconds', { outcome: 'answered' });
  const own = (name: Parameters<Interval['samples']>[0]): number => sum(interval.samples(name, { service: 'gateway' }));
  return {
    callsPerSecond: interval.rate('sheaf_requests_total'),
    failedRatio: share('failed'),
    refusedRatio: share('refused'),
    p50Seconds: quantile(0.5),
    p99Seconds: quantile(0.99),
    inFlight: own('sheaf_requests_in_flight'),
    connections: own('sheaf_connections'),
    bytesInFlight: own('sheaf_bytes_in_flight'),
    bytesInFlightLimit: own('sheaf_bytes_in_flight_limit'),
    breakersOpen: interval.samples('sheaf_breaker_state').filter(({ value }) => value === 2).length,
    quarantined: own('sheaf_quarantined_requests'),
    slowedCallers: own('sheaf_slowed_callers'),
    partsOut,
    silentProcesses: interval.samples('sheaf_scrape_process_up').filter(({ value }) => value === 0).length,
    limits: interval
      .samples('sheaf_limit_use_ratio')
      .map(({ labels: { limit = '' }, value }) => ({ name: limit, useRatio: value }))
      .sort((one, other) => other.useRatio - one.useRatio),
  };
}
