/** The method by which a gateway of the mesh asks a process for its metrics. */
import type { MetricsRequest, MetricsResponse, TellMetrics } from '../mesh-metrics.ts';
import { meshMetrics } from '../proto.ts';
import { type ServerMethod, unary } from './grpc/methods.ts';

/** Of a server between the processes of a mesh: it asks for their secret, or their certificate. */
export const metricsMethod = (tell: TellMetrics): ServerMethod =>
  unary<MetricsRequest, MetricsResponse>(meshMetrics, async (request) => ({ metrics: await tell(request) }));
