/** Where each gateway serves its metrics. */
import type { Gateway } from '../mesh.ts';

export interface MetricsPlace {
  readonly host: string;
  readonly port: number;
  /** Whether the port is written in mesh.yaml: then it has to be had. */
  readonly isWritten: boolean;
}

/**
 * Of gateway `index`, 0 and on, where the first has `firstPort`. The ports follow those of the gateways unless one is written, so that neither takes another's.
 * Undefined: it serves none, as where metrics are off, or the gateways have free ports and nothing is written.
 */
export function metricsPlace(
  { metrics, replicas }: Pick<Gateway, 'metrics' | 'replicas'>,
  firstPort: number,
  index: number,
): MetricsPlace | undefined {
  if (metrics === false) return undefined;
  const { host, port } = metrics ?? { host: '127.0.0.1', port: undefined };
  if (port !== undefined) return { host, port: port === 0 ? 0 : port + index, isWritten: true };
  const next = firstPort + replicas + index;
  return firstPort === 0 || next > 65_535 ? undefined : { host, port: next, isWritten: false };
}
