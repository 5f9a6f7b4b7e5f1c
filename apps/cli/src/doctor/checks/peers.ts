import { type Check, finding } from '../finding.ts';

export const peers: Check = ({ peers: seen }) =>
  seen
    .filter(({ problem }) => problem !== undefined)
    .map(({ kind, place, problem }) =>
      kind === 'redis'
        ? finding(
            'error',
            `Redis cannot be reached at ${place} (${problem}): limits are not counted together`,
            'redis-cli -u "$REDIS_URL" ping, on this machine',
          )
        : finding(
            'warning',
            `the collector of traces cannot be reached at ${place} (${problem}): spans are dropped`,
            'OTEL_EXPORTER_OTLP_ENDPOINT',
          ),
    );
