import type { Limits } from '@sheaf/inference';
import { contentExtension } from '../content-extension.ts';
import type { ModelConfigResponse } from '../generated/inference/ModelConfigResponse.ts';
import type { ModelMetadataResponse } from '../generated/inference/ModelMetadataResponse.ts';
import type { ModelStatisticsResponse } from '../generated/inference/ModelStatisticsResponse.ts';
import { configOf } from '../model-config.ts';
import { writeSpec } from '../tensor-metadata.ts';
import { checkName, checkVersion } from '../wire/check-name.ts';
import type { Backend } from './backend.ts';
import type { ServerMethod } from './grpc/methods.ts';
import type { ServerCall } from './grpc/server-call.ts';
import { type CreateMethod, createMethod } from './inference-method.ts';
import { repositoryExtensions, repositoryMethods } from './repository-methods.ts';

export interface InferenceMethodsOptions {
  readonly name: string;
  readonly limits: Limits;
  readonly isReady: () => boolean;
}

/** The server's version, as ServerMetadata answers. */
const serverVersion = '0.1.0';

interface ModelRequest {
  readonly name: string;
  readonly version: string;
}

/** The calls of the Open Inference Protocol whose answer is at hand: all but ModelInfer. */
export function inferenceMethods(options: InferenceMethodsOptions, backend: Backend): readonly ServerMethod[] {
  const { name, limits, isReady } = options;
  const { statistics, repository } = backend;
  const extensions = [
    'model_configuration',
    ...(statistics ? ['statistics'] : []),
    ...(repository ? repositoryExtensions : []),
    ...(backend.contentDigest === undefined ? [] : [contentExtension(backend.contentDigest)]),
  ];
  const checked = ({ name: model, version }: ModelRequest, { facts }: ServerCall): void => {
    checkName('name', model, limits);
    checkVersion('version', version);
    Object.assign(facts, { model, version });
  };
  const method = createMethod(backend);
  return [
    method('ServerLive', () => ({ live: true })),
    method('ServerReady', () => ({ ready: isReady() })),
    method('ServerMetadata', () => ({ name: `sheaf-${name}`, version: serverVersion, extensions })),
    method<ModelRequest, { readonly ready: boolean }>('ModelReady', (request, call) => {
      checked(request, call);
      return { ready: isReady() && backend.isReady(request.name, request.version, call.principal) };
    }),
    method<ModelRequest, ModelMetadataResponse>('ModelMetadata', (request, call) => {
      checked(request, call);
      return describe(backend, request, call);
    }),
    method<ModelRequest, ModelConfigResponse>('ModelConfig', (request, call) => {
      checked(request, call);
      return { config: configOf(backend.describe(request.name, request.version, call.principal)) };
    }),
    ...(statistics ? [statisticsMethod(method, statistics, checked)] : []),
    ...(repository ? repositoryMethods(method, repository, limits) : []),
  ];
}

/** Of all models where none is named. */
const statisticsMethod = (
  method: CreateMethod,
  statistics: NonNullable<Backend['statistics']>,
  check: (request: ModelRequest, call: ServerCall) => void,
): ServerMethod =>
  method<ModelRequest, ModelStatisticsResponse>('ModelStatistics', async (request, call) => {
    if (request.name !== '') check(request, call);
    return { modelStats: [...(await statistics(request.name, request.version, call.principal))] };
  });

function describe(backend: Backend, request: ModelRequest, { principal }: ServerCall): ModelMetadataResponse {
  const described = backend.describe(request.name, request.version, principal);
  const { name, versions, platform, inputs, outputs, properties = [] } = described;
  return {
    name,
    versions: [...versions],
    platform,
    inputs: inputs.map(writeSpec),
    outputs: outputs.map(writeSpec),
    properties: Object.fromEntries(properties),
  };
}
