import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { MetricsRequest, MetricsResponse } from './mesh-metrics.ts';

export const protoFolder = fileURLToPath(new URL('../../../proto/', import.meta.url));

export const protoFile = (path: string): string => (isAbsolute(path) ? path : join(protoFolder, path));

/** Must match the flags that proto/generate.ts gives to proto-loader-gen-types, as must the longs of each file. */
const loaderOptions = { enums: String, defaults: true, oneofs: true, includeDirs: [protoFolder] };

export const inferenceFile = 'inference/grpc_predict_v2.proto';
const meshFile = 'sheaf/mesh/v1/mesh.proto';
export const adminFile = 'sheaf/admin/v1/admin.proto';
export const registryFile = 'sheaf/registry/v1/registry.proto';
export const jobsFile = 'sheaf/jobs/v1/jobs.proto';
export const operationsFile = 'google/longrunning/operations.proto';
export const predictionsFile = 'sheaf/predictions/v1/predictions.proto';
const loaded = {
  ...loadSync([adminFile, registryFile, jobsFile, predictionsFile], { ...loaderOptions, longs: Number }),
  // Last, since it is among what others import.
  ...loadSync([inferenceFile, meshFile], { ...loaderOptions, longs: String }),
};

const asItIs = (message: Buffer): Buffer => message;

const serviceOf = (name: string): grpc.ServiceDefinition => loaded[name] as grpc.ServiceDefinition;

export const inferenceService = serviceOf('inference.GRPCInferenceService');
export const adminService = serviceOf('sheaf.admin.v1.Admin');
export const registryService = serviceOf('sheaf.registry.v1.Registry');
export const jobsService = serviceOf('sheaf.jobs.v1.Jobs');
export const operationsService = serviceOf('google.longrunning.Operations');
export const predictionsService = serviceOf('sheaf.predictions.v1.Predictions');
const mesh = serviceOf('sheaf.mesh.v1.Mesh');
/** Of messages as they stand on the wire, which our own codec reads and writes. */
export const meshService: grpc.ServiceDefinition = {
  Calls: {
    ...(mesh['Calls'] as grpc.MethodDefinition<Buffer, Buffer>),
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
  },
};

/** Asks a process of the mesh for its metrics. */
export const meshMetrics = mesh['Metrics'] as grpc.MethodDefinition<MetricsRequest, MetricsResponse>;

/** The one method of the mesh stream. */
export const meshCalls = meshService['Calls'] as grpc.MethodDefinition<Buffer, Buffer>;

const pathOf = (service: grpc.ServiceDefinition, method: string): string =>
  (service[method] as grpc.MethodDefinition<Buffer, Buffer>).path;

/** The path of the method that infers. */
export const inferPath = pathOf(inferenceService, 'ModelInfer');
export const meshPath = pathOf(meshService, 'Calls');
