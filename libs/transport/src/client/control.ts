/** Asks a server about itself: whether it is ready, what a model takes and gives, what it holds. */
import { InferError, type ModelDescription } from '@sheaf/inference';
import { digestIn } from '../content-extension.ts';
import type { ModelMetadataResponse__Output } from '../generated/inference/ModelMetadataResponse.ts';
import type { ModelStatistics__Output } from '../generated/inference/ModelStatistics.ts';
import type { ModelStatisticsResponse__Output } from '../generated/inference/ModelStatisticsResponse.ts';
import type { ServerMetadataResponse__Output } from '../generated/inference/ServerMetadataResponse.ts';
import type { MetricSamples, MetricsRequest, MetricsResponse } from '../mesh-metrics.ts';
import { inferenceService, meshMetrics } from '../proto.ts';
import { readSpec } from '../tensor-metadata.ts';
import type { GrpcClient } from './grpc-client.ts';
import type { Probed } from './health-watch.ts';
import { askOne, type Method } from './unary-call.ts';

/** A server that has not answered a question for so long is asked on another connection: the machine behind the first may be gone without a word. */
const silentMsMax = 8_000;

const method = <Request, Response>(name: string) => inferenceService[name] as unknown as Method<Request, Response>;
const serverReady = method<object, { readonly ready: boolean }>('ServerReady');
const serverMetadata = method<object, ServerMetadataResponse__Output>('ServerMetadata');
const modelMetadata = method<{ name: string; version: string }, ModelMetadataResponse__Output>('ModelMetadata');
const modelStatistics = method<{ name: string; version: string }, ModelStatisticsResponse__Output>('ModelStatistics');
const processMetrics = meshMetrics as unknown as Method<MetricsRequest, MetricsResponse>;

export interface Control {
  /** Never rejects. */
  probe(timeoutMs: number): Promise<Probed>;
  /** Throws InferError. */
  describe(model: string, version: string, timeoutMs: number): Promise<ModelDescription>;
  /** The digest of what a service of ours holds; undefined of a server that tells none. Throws InferError. */
  contentDigest(timeoutMs: number): Promise<string | undefined>;
  /** What was asked of the models that a server holds; throws InferError. */
  statistics(model: string, version: string, timeoutMs: number): Promise<readonly ModelStatistics__Output[]>;
  /** What a process of our mesh tells for a scrape; throws InferError. */
  metrics(request: MetricsRequest, timeoutMs: number): Promise<readonly MetricSamples[]>;
}

/** `metadata` goes with each question; it throws InferError while that cannot be had. */
export function createControl(
  service: string,
  client: GrpcClient,
  metadata: () => ReadonlyMap<string, string>,
): Control {
  const ask = async <Request, Response>(
    of: Method<Request, Response>,
    request: Request,
    timeoutMs: number,
  ): Promise<Response> => askOne(of, request, { client, service, metadata: metadata(), timeoutMs });
  let silentSince: number | undefined;
  let renewals = 0;
  return {
    probe: async (timeoutMs) => {
      const askedAt = performance.now();
      const askedOf = renewals;
      const answer = await ask(serverReady, {}, timeoutMs).catch((error: InferError) => error);
      const isSilent = answer instanceof InferError && answer.code === 'DEADLINE_EXCEEDED';
      if (askedOf === renewals) silentSince = isSilent ? (silentSince ?? askedAt) : undefined;
      if (silentSince !== undefined && performance.now() - silentSince > silentMsMax) {
        silentSince = undefined;
        renewals++;
        client.renew();
        return 'silent';
      }
      return 'ready' in answer && answer.ready ? 'ready' : 'not ready';
    },
    describe: async (name, version, timeoutMs) => {
      const wire = await ask(modelMetadata, { name, version }, timeoutMs);
      return {
        name: wire.name,
        versions: wire.versions,
        platform: wire.platform,
        inputs: wire.inputs.map(readSpec),
        outputs: wire.outputs.map(readSpec),
        properties: new Map(Object.entries(wire.properties)),
      };
    },
    contentDigest: async (timeoutMs) => {
      const { extensions } = await ask(serverMetadata, {}, timeoutMs);
      return extensions.map(digestIn).find((digest) => digest !== undefined);
    },
    statistics: async (name, version, timeoutMs) => {
      const { modelStats } = await ask(modelStatistics, { name, version }, timeoutMs);
      return modelStats;
    },
    metrics: async (request, timeoutMs) => {
      const { metrics } = await ask(processMetrics, request, timeoutMs);
      return metrics;
    },
  };
}
