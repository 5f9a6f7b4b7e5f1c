/** What any gRPC client can read of how busy a model is: ORCA, per call (gRFC A51), as `xds.data.orca.v3.OrcaLoadReport`. */
import type { Load } from '@sheaf/inference';
import { WireWriter } from './wire/writer.ts';

export const loadReportKey = 'endpoint-load-metrics-bin';

/** Fields of OrcaLoadReport. */
const namedMetrics = 8;
const applicationUtilization = 9;

export function loadReport({ calls, fixedMs, rowMs, utilization }: Load): Buffer {
  const writer = new WireWriter(96);
  for (const [name, value] of Object.entries({ calls, fixed_ms: fixedMs, row_ms: rowMs })) {
    const mark = writer.begin(namedMetrics);
    writer.string(1, name);
    writer.double(2, value);
    writer.end(mark);
  }
  if (utilization !== undefined) writer.double(applicationUtilization, utilization);
  return writer.finish();
}
