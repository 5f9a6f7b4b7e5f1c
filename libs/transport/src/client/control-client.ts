/** Asks a server about itself, by grpc-js: whether it is ready, what a model takes and gives, what it holds. */
import type * as grpc from '@grpc/grpc-js';
import { InferError, type ModelDescription } from '@sheaf/inference';
import { digestIn } from '../content-extension.ts';
import type { ModelMetadataResponse__Output } from '../generated/inference/ModelMetadataResponse.ts';
import type { ModelStatistics__Output } from '../generated/inference/ModelStatistics.ts';
import type { ModelStatisticsResponse__Output } from '../generated/inference/ModelStatisticsResponse.ts';
import type { ServerMetadataResponse__Output } from '../generated/inference/ServerMetadataResponse.ts';
import type { MetricSamples, MetricsRequest, MetricsResponse } from '../mesh-metrics.ts';
import { InferenceClient, meshMetrics } from '../proto.ts';
import { readSpec } from '../tensor-metadata.ts';
import type { ChannelTo, Probed } from './health-watch.ts';
import { control } from './unary-call.ts';

/** A server that has not answered a question for so long is asked on another connection: the machine behind the first may be gone without a word. */
const silentMsMax = 8_000;

export interface ControlClient {
  /** The connection that is used now, for calls as well: another one takes its place when the server is silent. */
  readonly client: () => grpc.Client;
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
  close(): void;
}

export function createControlClient(
  service: string,
  { target, credentials, options }: ChannelTo,
  sent: () => grpc.Metadata,
): ControlClient {
  let client = new InferenceClient(target, credentials, options);
  let silentSince: number | undefined;
  /** Calls that are under way are left where they are. */
  const renew = (): void => {
    silentSince = undefined;
    const silent = client;
    client = new InferenceClient(target, credentials, options);
    silent.close();
  };
  return {
    client: () => client,
    probe: async (timeoutMs) => {
      const askedAt = performance.now();
      const asked = client;
      const answer = await control<{ ready: boolean }>(service, timeoutMs, (callOptions, done) =>
        asked.serverReady({}, sent(), callOptions, done),
      ).catch((error: InferError) => error);
      const isSilent = answer instanceof InferError && answer.code === 'DEADLINE_EXCEEDED';
      if (asked === client) silentSince = isSilent ? (silentSince ?? askedAt) : undefined;
      if (silentSince !== undefined && performance.now() - silentSince > silentMsMax) {
        renew();
        return 'silent';
      }
      return 'ready' in answer && answer.ready ? 'ready' : 'not ready';
    },
    describe: async (name, version, timeoutMs) => {
      const wire = await control<ModelMetadataResponse__Output>(service, timeoutMs, (callOptions, done) =>
        client.modelMetadata({ name, version }, sent(), callOptions, done),
      );
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
      const { extensions } = await control<ServerMetadataResponse__Output>(service, timeoutMs, (callOptions, done) =>
        client.serverMetadata({}, sent(), callOptions, done),
      );
      return extensions.map(digestIn).find((digest) => digest !== undefined);
    },
    statistics: async (name, version, timeoutMs) => {
      const { modelStats } = await control<ModelStatisticsResponse__Output>(service, timeoutMs, (callOptions, done) =>
        client.modelStatistics({ name, version }, sent(), callOptions, done),
      );
      return modelStats;
    },
    metrics: async (request, timeoutMs) => {
      const { path, requestSerialize, responseDeserialize } = meshMetrics;
      const { metrics } = await control<MetricsResponse>(service, timeoutMs, (callOptions, done) =>
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, sent(), callOptions, done),
      );
      return metrics;
    },
    close: () => client.close(),
  };
}
