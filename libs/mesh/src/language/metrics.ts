/** `gateway.metrics` of mesh.yaml: where Prometheus finds the metrics of the mesh. */
import {
  boolean,
  either,
  integer,
  mapped,
  optional,
  type Path,
  type Problems,
  type Reader,
  withDefault,
} from '@sheaf/document';
import { host, settings } from './common.ts';

interface MetricsGiven {
  readonly host: string;
  readonly port?: number | undefined;
}

export const metricsFields = {
  host: withDefault(host, '127.0.0.1', 'The address that they are served on, to whoever reaches it.'),
  port: optional(
    integer(0, 65_535),
    'The port of the first gateway; each further one has the next. 0 takes a free one. Default: the port after those of the gateways, 8002 where there is one on 8001.',
  ),
};

/** `false`: they are not served; `true`: as where nothing is written. */
export const metrics: Reader<MetricsGiven | false> = mapped(
  either((value) => typeof value === 'boolean', boolean, settings(metricsFields)),
  (written): MetricsGiven | false => (typeof written === 'boolean' ? written && { host: '127.0.0.1' } : written),
);

interface Ports {
  readonly port: number;
  readonly replicas: number;
  readonly metrics?: MetricsGiven | false | undefined;
}

/** Each gateway has a port of its own for metrics; 0 takes free ones, which never meet. */
export function checkMetricsPort({ port, replicas, metrics }: Ports, path: Path, problems: Problems): void {
  const own = metrics ? metrics.port : undefined;
  const at = [...path, 'metrics', 'port'];
  if (own === undefined || own === 0) return;
  if (own + replicas - 1 > 65_535)
    problems.add(at, `want at most ${65_536 - replicas}: each gateway has the next port`);
  if (port === 0 || own >= port + replicas || own + replicas <= port) return;
  const taken = replicas === 1 ? String(port) : `${port} to ${port + replicas - 1}`;
  problems.add(at, `want another port than those of callers (${taken}); each gateway has one of both`);
}
